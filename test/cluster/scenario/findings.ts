import { kubectl } from '../../fakes/kubectl.ts';
import { OPERATOR_NAMESPACE } from './surroundings.ts';

const OURS = 'governancepolicies,providertargets,governancegateways';

/** What people need to know of a scenario that failed: its namespaces, and what the operator said. */
export async function findings(namespaces: readonly string[]): Promise<string> {
  const parts: string[] = [];
  const tell = async (title: string, args: readonly string[]): Promise<void> => {
    const text = await kubectl(args).catch((error: Error) => error.message);
    parts.push(`--- ${title}\n${text.trimEnd()}`);
  };
  for (const namespace of namespaces) {
    const at = ['-n', namespace];
    const conditions =
      '{range .items[*]}{.kind}/{.metadata.name} {.metadata.generation} {.status.conditions}{"\\n"}{end}';
    await tell(`objects of ${namespace}`, [...at, 'get', OURS, `-o=jsonpath=${conditions}`]);
    await tell('pods', [...at, 'get', 'pods', '-o=wide']);
    const columns =
      'custom-columns=TIME:.lastTimestamp,OBJECT:.involvedObject.name,REASON:.reason,MESSAGE:.message';
    await tell('events', [...at, 'get', 'events', '--sort-by=.metadata.creationTimestamp', '-o', columns]);
    const gateways = ['-l=app.kubernetes.io/name=keeptrusts-gateway', '--prefix', '--tail=15'];
    await tell('gateways', [...at, 'logs', ...gateways]);
    await tell('other pods', [...at, 'logs', '-l=keeptrusts-test', '--prefix', '--tail=5']);
  }
  const operator = ['-n', OPERATOR_NAMESPACE, 'logs', 'deployment/keeptrusts-operator', '--tail=25'];
  await tell('operator', operator);
  return parts.join('\n');
}
