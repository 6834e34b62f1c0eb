/**
 * Version of the consent texts of this page (`consent_*` in the catalogues); it goes up with every change of what they
 * say, and with it the version that new policies name (EL_CLI_CONSENT, `keys/example-policy.json`) and docs/operations.md.
 */
export const CONSENT_VERSION = 2;
