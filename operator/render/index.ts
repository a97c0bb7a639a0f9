import type { Manifest } from '../runtime/objects.ts';
import { renderConfigMap } from './configmap.ts';
import { renderDeployment } from './deployment.ts';
import type { RenderInput } from './input.ts';
import { renderService } from './service.ts';
import { renderServiceAccount } from './service-account.ts';

/** Kinds of the objects that a gateway consists of. */
export const CHILD_KINDS = ['ConfigMap', 'ServiceAccount', 'Service', 'Deployment'] as const;

/** The objects of one gateway, in the order they are to be applied: what a pod needs comes before its Deployment. */
export function renderGateway(input: RenderInput): Manifest[] {
  return [renderConfigMap(input), renderServiceAccount(input), renderService(input), renderDeployment(input)];
}
