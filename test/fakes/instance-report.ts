import type { InstanceReport } from '../../operator/domain/instance-reports.ts';

/** What a healthy instance of a gateway says of itself. */
export function instanceReport(
  whose: Pick<InstanceReport, 'namespace' | 'gateway' | 'revision' | 'reportedAt'>,
  index: number,
): InstanceReport {
  return {
    ...whose,
    instance: `keeptrusts-${whose.gateway}-${index}`,
    contract: 1,
    version: 'test',
    ready: true,
    rejected: null,
    targets: [],
    backlog: 0,
    stream: null,
  };
}
