import type { InstanceReport } from '../../domain/instance-reports.ts';
import { REPORT_KEPT_MS } from '../store.ts';
import type { Database } from './database.ts';

/** The newest report of each instance, for the other control planes. */
export class PostgresReports {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async put(report: InstanceReport): Promise<void> {
    const { namespace, gateway, instance, reportedAt } = report;
    await this.#database.query(
      `WITH silent AS (
         DELETE FROM keeptrusts.instance_reports WHERE namespace = $1 AND gateway = $2 AND instance <> $3 AND reported_at < $6
       )
       INSERT INTO keeptrusts.instance_reports AS kept (namespace, gateway, instance, reported_at, report)
       VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (namespace, gateway, instance) DO UPDATE SET reported_at = excluded.reported_at, report = excluded.report
         WHERE excluded.reported_at >= kept.reported_at`,
      [namespace, gateway, instance, reportedAt, JSON.stringify(report), reportedAt - REPORT_KEPT_MS],
    );
  }

  async list(sinceMs: number): Promise<InstanceReport[]> {
    const rows = await this.#database.query(
      'SELECT report FROM keeptrusts.instance_reports WHERE reported_at > $1 ORDER BY reported_at, namespace, gateway, instance',
      [sinceMs],
    );
    return rows.map((row) => JSON.parse(String(row['report'])));
  }

  async forget(namespace: string, gateway: string): Promise<void> {
    await this.#database.query(
      'DELETE FROM keeptrusts.instance_reports WHERE namespace = $1 AND gateway = $2',
      [namespace, gateway],
    );
  }
}
