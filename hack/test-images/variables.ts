import type { ImageArchive } from '../images/archive.ts';
import type { ImageKind } from '../images/names.ts';
import { makeClientImage } from './client.ts';
import { makeNextGatewayImage } from './next-gateway.ts';
import { makePrometheusImage } from './prometheus.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What names the images of the product to tests in a cluster. */
export const productImages: Readonly<Record<ImageKind, string>> = {
  gateway: 'KT_GATEWAY_IMAGE',
  operator: 'KT_OPERATOR_IMAGE',
};

/** What names the other images of these tests, and what makes them of this machine's programs. */
export const testImages = {
  KT_NEXT_GATEWAY_IMAGE: makeNextGatewayImage,
  KT_CLIENT_IMAGE: makeClientImage,
  KT_PROMETHEUS_IMAGE: makePrometheusImage,
} as const satisfies Record<string, (env: Environment) => Promise<ImageArchive>>;

export type TestImageVariable = keyof typeof testImages;

/** All that must be named where a cluster is not one of ours. */
export const imageVariables: readonly string[] = [
  ...Object.values(productImages),
  ...Object.keys(testImages),
];
