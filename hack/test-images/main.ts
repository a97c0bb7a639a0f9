/**
 * Makes archives of the images that only tests in a cluster need, and says what to set so that they are found:
 * `node launcher.js hack/test-images/main.ts`. One that a variable names already is not made.
 */
import { makeTestImages } from './make.ts';

try {
  const { set, archives } = await makeTestImages(process.env);
  for (const file of archives) console.log(file);
  for (const variable of set) console.log(`  export ${variable}`);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
