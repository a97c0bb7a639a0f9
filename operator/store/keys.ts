/** A gateway key as the store keeps it. The value of the key is nowhere: only its hash is. */
export interface StoredKey {
  /** Public id, unique in the store. */
  id: string;
  /** SHA-256 of the whole value, 64 hex digits; unique in the store. */
  sha256: string;
  namespace: string;
  /** Uid of the namespace that it was made for; null where namespaces have none. */
  namespaceUid: string | null;
  /** The one gateway that takes it; null for every gateway of the namespace. */
  gateway: string | null;
  /** Who calls with it, as the caller's fields on events. */
  team: string | null;
  project: string | null;
  user: string | null;
  useCase: string | null;
  /** The models that may be asked for; null for all. Never empty. */
  models: string[] | null;
  /** Milliseconds since the epoch; null where it does not end. */
  expiresAt: number | null;
  /** What people wrote beside it. */
  note: string | null;
  /** Milliseconds since the epoch. */
  createdAt: number;
  createdBy: string;
  /** Null while it is not revoked. A revoked key is kept, and stays revoked. */
  revokedAt: number | null;
  revokedBy: string | null;
  /** Of its creation; lists go by it. */
  createdPosition: number;
  /** Of its last change; whoever follows goes by it. */
  position: number;
}

/** One that is to be kept. */
export type NewKey = Omit<StoredKey, 'revokedAt' | 'revokedBy' | 'createdPosition' | 'position'>;

/** What came of a key that was to be kept. */
export type PutKeyResult =
  | { result: 'kept'; key: StoredKey }
  /** Its id or its hash is another key's. */
  | { result: 'taken' }
  /** The namespace, of this uid, has as many as it may have. */
  | { result: 'full' };

export interface KeyQuery {
  /** Null for every namespace. */
  namespace: string | null;
  /** Those that this gateway takes, with those of the whole namespace; null for all. */
  gateway: string | null;
  /** Revoked ones too. */
  revoked: boolean;
  limit: number;
  /** `createdPosition` of the last one of the page before; null for the first page. */
  before: number | null;
}

export interface KeyChangeQuery {
  namespace: string;
  /** Only keys that were made with this very one, null too. */
  namespaceUid: string | null;
  gateway: string;
  /** Only what changed after this position; 0 for everything. */
  after: number;
  /**
   * Null for every change, with revoked keys. A position for the keys in force alone whose last change is not behind it:
   * the beginning of a whole reading, which goes on with every change after that position.
   */
  until: number | null;
  limit: number;
}

export interface KeyChanges {
  /** In the order of their positions. */
  keys: StoredKey[];
  /** Where to go on: nothing that changed up to here was left out, and nothing will be added up to here any more. */
  position: number;
  /** There is more to read at once. */
  more: boolean;
}

/** What both databases keep of keys; see `Store`. */
export interface KeyStore {
  /** Keeps a key; the same again changes nothing. Of keys that are not revoked a namespace has at most `most`. */
  putKey(key: NewKey, most: number): Promise<PutKeyResult>;
  getKey(id: string): Promise<StoredKey | null>;
  /** Revokes a key for good; of one that was revoked before, the first time and person stay. Null where there is none. */
  revokeKey(id: string, revoked: { at: number; by: string }): Promise<StoredKey | null>;
  /** Newest first. `next` is null at the end. */
  listKeys(query: KeyQuery): Promise<{ keys: StoredKey[]; next: number | null }>;
  /** What changed of the keys of one gateway: created, or revoked. */
  listKeyChanges(query: KeyChangeQuery): Promise<KeyChanges>;
  /** The position of the last change of any key; 0 before the first. */
  keyPosition(): Promise<number>;
}
