/**
 * Every reason that a condition can carry, with what it means. The documentation lists them and a test compares;
 * code names a reason only through this table.
 */
export const REASONS = {
  Accepted: 'The object is valid and in force as it stands.',
  AcceptedWithWarnings:
    'The object is in force; the message says what in it has no effect, cannot be kept, or is open to everybody.',
  Invalid:
    'The object is not valid. Its last accepted generation stays in force; one never accepted has no effect.',
  Conflicted: 'Another object says otherwise, or an object that is not ours holds a name that we need.',
  RefNotFound: 'A name in the object refers to nothing that exists.',
  Resolved: 'Everything that the object refers to exists.',
  Unused: 'No gateway uses the object.',
  Programmed: 'Every ready instance of every gateway concerned has reported the current revision.',
  GatewayPending: 'A gateway has not taken the current revision yet.',
  GatewayFailed: 'A gateway does not run, or it refused the current revision.',
  ConfigTooLarge: 'The compiled document does not fit into a ConfigMap.',
  CredentialMissing:
    'A gateway cannot read the credential that the target names, and sends nothing there until it can.',
  VendorNotServed: 'The gateways of this release do not serve the vendor of the target.',
  TargetUnavailable: 'A gateway cannot use the target; the message says why.',
  Available: 'As many instances are ready as were asked for.',
  Unavailable: 'Fewer instances are ready than were asked for.',
  NoGateway: 'No gateway exists that the policy governs.',
  NotOverridden: 'Nothing that the policy states was overruled.',
  PartiallyOverridden: 'A stricter or stronger policy overruled some of what the policy states.',
  NoPolicy: 'No policy in force governs the gateway, so it lets nobody in.',
} as const;

export type Reason = keyof typeof REASONS;
