import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { admissionOf } from '../../../operator/local/admission.ts';
import { readCrds } from '../../../operator/local/crds.ts';
import { ObjectStore } from '../../../operator/local/object-store.ts';
import { createValidator } from '../../../operator/local/validate.ts';
import { systemClock } from '../../../operator/runtime/clock.ts';
import { silentLog } from '../../../operator/runtime/log.ts';
import { TestFolder } from '../../fakes/folder.ts';
import { objectClientContract } from '../object-client-contract.ts';

describe('the object store of local mode, as controllers see it', () => {
  const folder = new TestFolder();
  const validator = createValidator(readCrds(join(import.meta.dirname, '../../../crds')));
  const client = new ObjectStore(
    { dir: folder.path },
    { clock: systemClock, uid: randomUUID, log: silentLog, admit: admissionOf(validator) },
  );
  after(() => folder.remove());

  objectClientContract(() => ({ client, namespace: 'team-a', collects: true }));
});
