import type { DatabaseSync } from 'node:sqlite';
import type { InstanceReport } from '../../domain/instance-reports.ts';
import { REPORT_KEPT_MS } from '../store.ts';

/** The newest report of each instance. */
export class SqliteReports {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  put(report: InstanceReport): void {
    const { namespace, gateway, instance, reportedAt } = report;
    this.#database
      .prepare(
        'DELETE FROM instance_reports WHERE namespace = ? AND gateway = ? AND instance <> ? AND reported_at < ?',
      )
      .run(namespace, gateway, instance, reportedAt - REPORT_KEPT_MS);
    this.#database
      .prepare(
        `INSERT INTO instance_reports (namespace, gateway, instance, reported_at, report) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (namespace, gateway, instance) DO UPDATE SET reported_at = excluded.reported_at, report = excluded.report
           WHERE excluded.reported_at >= instance_reports.reported_at`,
      )
      .run(namespace, gateway, instance, reportedAt, JSON.stringify(report));
  }

  list(sinceMs: number): InstanceReport[] {
    return this.#database
      .prepare(
        'SELECT report FROM instance_reports WHERE reported_at > ? ORDER BY reported_at, namespace, gateway, instance',
      )
      .all(sinceMs)
      .map((row) => JSON.parse(String(row['report'])));
  }

  forget(namespace: string, gateway: string): void {
    this.#database
      .prepare('DELETE FROM instance_reports WHERE namespace = ? AND gateway = ?')
      .run(namespace, gateway);
  }
}
