import type { Manifest } from '../runtime/objects.ts';
import type { RenderInput } from './input.ts';
import { selectorLabels } from './labels.ts';
import { childMetadata } from './metadata.ts';
import { PORTS } from './names.ts';

/** Only the traffic port: the admin port is for the kubelet and for scraping pods, never behind a Service. */
export function renderService(input: RenderInput): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: childMetadata(input),
    spec: {
      type: 'ClusterIP',
      selector: selectorLabels(input.gateway),
      ports: [
        { name: 'traffic', protocol: 'TCP', appProtocol: 'http', port: PORTS.traffic, targetPort: 'traffic' },
      ],
    },
  };
}
