/* IMPORTANT
 * This snapshot file is auto-generated, but designed for humans.
 * It should be checked into source control and tracked carefully.
 * Re-generate by setting TAP_SNAPSHOT=1 and running tests.
 * Make sure to inspect the output below.  Do not ignore changes!
 */
'use strict'
exports[`test/commands/serve.test.ts > TAP > a configuration with mistakes is ten lines and status 2 > must match snapshot 1`] = `
pullgate serve: config.yaml:1:13: apiVersion: must be pullgate.dev/v1alpha1, not "pullgate.dev/v2"
config.yaml:3:7: mode: must be one of enforce, warn, audit, ignore, not "enforced"
config.yaml:4:1: unknown key "onUnkown"; did you mean onUnknown? (known: apiVersion, kind, mode, checks, causes, onUnknown, templates, owned, overrides, exemptions, suspended, workloads, registries, platforms, cache, limits)
config.yaml:5:10: checks: unknown key "latest-tags"; did you mean latest-tag? (known: valid-reference, latest-tag, pull-secrets, image-pullable, image-platform)
config.yaml:6:24: causes.rate-limited: must be one of enforce, warn, audit, ignore, not "never"
config.yaml:7:27: exemptions.namespaces[0]: must be a glob such as team-* or ghcr.io/acme/** (no blanks, no ! at its beginning), not "!shop"
config.yaml:8:12: overrides: must be of type array, not {"namespaces":["shop"]}
config.yaml:9:34: registries.addresses.allow[0]: must be an address or a range such as 10.0.0.0/8 or fd00::/8, not "300.0.0.0/8"
config.yaml:9:59: registries.hostsDir: "/etc/certs.d" is not supported by this version; leave it out, or write ""
config.yaml:10:23: limits.perRegistry: must be >= 1, not 0

`
