/** A key as the API tells it; see `GET /v1/keys`. */
export interface KeyView {
  id: string;
  namespace: string;
  gateway: string | null;
  team: string | null;
  project: string | null;
  user: string | null;
  use_case: string | null;
  models: string[] | null;
  note: string | null;
  state: 'active' | 'expired' | 'revoked' | 'namespace_deleted' | 'unknown';
  expires_at: string | null;
  created_at: string;
  created_by: string;
  revoked_at: string | null;
  revoked_by: string | null;
}

export const KEY_HEADER = [
  ...['ID', 'STATE', 'NAMESPACE', 'GATEWAY', 'TEAM', 'PROJECT', 'USER', 'MODELS', 'EXPIRES', 'CREATED', 'BY'],
  'NOTE',
];

/** The cells of `KEY_HEADER`; `*` stands for every gateway and every model. */
export function keyRow(key: KeyView): string[] {
  const { id, state, namespace, gateway, team, project, user, models, expires_at, created_at } = key;
  const named = [team, project, user].map((name) => name ?? '-');
  return [
    ...[id, state, namespace, gateway ?? '*', ...named, models?.join(',') ?? '*'],
    ...[minute(expires_at) ?? 'never', minute(created_at) ?? '', key.created_by, key.note ?? ''],
  ];
}

const minute = (time: string | null): string | null => (time === null ? null : `${time.slice(0, 16)}Z`);
