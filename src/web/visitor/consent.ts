/** Version of the consent texts of this page (`consent_*` in the catalogues); it goes up with every change of what they say. */
export const CONSENT_VERSION = 1;
