/** What this folder needs of a logger; pino's is one. Fields never hold content or secrets. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
