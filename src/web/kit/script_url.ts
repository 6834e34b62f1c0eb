interface TrustedPolicy {
  createScriptURL(url: string): string;
}
declare const trustedTypes:
  | { createPolicy(name: string, rules: { createScriptURL(url: string): string }): TrustedPolicy }
  | undefined;

const policy =
  typeof trustedTypes === "undefined"
    ? undefined
    : trustedTypes.createPolicy("entrylog", {
        createScriptURL: (url) => {
          if (!/^\/(?!\/)[a-z0-9/.-]+\.js$/.test(url)) throw new TypeError("not one of ours");
          return url;
        },
      });

/** A path of our own script for a worker; the page's policy lets no other string become one. */
export function scriptUrl(path: string): string {
  return policy === undefined ? path : policy.createScriptURL(path);
}
