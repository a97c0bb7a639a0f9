/**
 * Whether a condition that takes on the reason is told as a Kubernetes Event: as a warning; as good news; as good
 * news only after a warning; or not at all, since it is a wait, or how things are at first.
 */
type Telling = 'Warning' | 'Normal' | 'Recovery' | 'None';

interface Meaning {
  meaning: string;
  event: Telling;
}

const reason = (event: Telling, meaning: string): Meaning => ({ event, meaning });

/**
 * Every reason that a condition can carry, with what it means. The documentation lists them and a test compares;
 * code names a reason only through this table.
 */
export const REASONS = {
  Accepted: reason('Recovery', 'The object is valid and in force as it stands.'),
  AcceptedWithWarnings: reason(
    'Warning',
    'The object is in force; the message says what in it has no effect, cannot be kept, or is open to everybody.',
  ),
  Invalid: reason(
    'Warning',
    'The object is not valid. Its last accepted generation stays in force; one never accepted has no effect.',
  ),
  Conflicted: reason(
    'Warning',
    'Another object says otherwise, or an object that is not ours holds a name that we need.',
  ),
  RefNotFound: reason('Warning', 'A name in the object refers to nothing that exists.'),
  Resolved: reason('Recovery', 'Everything that the object refers to exists.'),
  Unused: reason('None', 'No gateway uses the object.'),
  Programmed: reason(
    'Normal',
    'Every ready instance of every gateway concerned has reported a revision that holds the object as it stands.',
  ),
  GatewayPending: reason('None', 'A gateway has not taken the object as it stands yet.'),
  GatewayFailed: reason('Warning', 'A gateway does not run, or it refused the current revision.'),
  ApplyFailed: reason(
    'Warning',
    'The API server, a quota or an admission rule refused an object of the gateway; the message says which and why.',
  ),
  ConfigTooLarge: reason(
    'Warning',
    'The compiled document does not fit into a ConfigMap. What ran before stays in force.',
  ),
  ConfigRefused: reason(
    'Warning',
    'The objects are valid one by one, but no gateway would take them together. What ran before stays in force.',
  ),
  CredentialMissing: reason(
    'Warning',
    'A gateway cannot read the credential that the target names, and sends nothing there until it can.',
  ),
  VendorNotServed: reason('Warning', 'The gateways of this release do not serve the vendor of the target.'),
  TargetUnavailable: reason('Warning', 'A gateway cannot use the target; the message says why.'),
  Available: reason('Recovery', 'As many instances are ready as were asked for.'),
  Unavailable: reason('None', 'Fewer instances are ready than were asked for.'),
  RolloutFailed: reason(
    'Warning',
    'As many instances are ready as were asked for, but the Deployment cannot bring them to its present form.',
  ),
  NoGateway: reason('None', 'No gateway exists that the policy governs.'),
  NotOverridden: reason('None', 'Nothing that the policy states was overruled.'),
  PartiallyOverridden: reason(
    'Normal',
    'A stricter or stronger policy overruled some of what the policy states.',
  ),
  NoPolicy: reason('None', 'No policy in force governs the gateway, so it lets nobody in.'),
} as const satisfies Record<string, Meaning>;

export type Reason = keyof typeof REASONS;
