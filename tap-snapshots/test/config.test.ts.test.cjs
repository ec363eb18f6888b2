/* IMPORTANT
 * This snapshot file is auto-generated, but designed for humans.
 * It should be checked into source control and tracked carefully.
 * Re-generate by setting TAP_SNAPSHOT=1 and running tests.
 * Make sure to inspect the output below.  Do not ignore changes!
 */
'use strict'
exports[`test/config.test.ts > TAP > all mistakes at once, each with its place, what is accepted and the nearest key > must match snapshot 1`] = `
ConfigError
config.yaml:1:13: apiVersion: must be pullgate.dev/v1alpha1, not "pullgate.dev/v1"
config.yaml:2:7: kind: must be PullgateConfiguration, not "PullgateConfig"
config.yaml:3:7: mode: must be one of enforce, warn, audit, ignore, not "enforced"
config.yaml:4:1: unknown key "onUnkown"; did you mean onUnknown? (known: apiVersion, kind, mode, checks, causes, onUnknown, templates, owned, overrides, exemptions, suspended, workloads, registries, platforms, cache, limits)
config.yaml:6:3: checks: unknown key "latest-tags"; did you mean latest-tag? (known: valid-reference, latest-tag, pull-secrets, image-pullable, image-platform)
config.yaml:7:19: checks.image-pullable: must be one of enforce, warn, audit, ignore, not "deny"
config.yaml:8:12: suspended: must be of type boolean, not "no"
config.yaml:10:16: registries.suggestTags: must be of type boolean, not 1
config.yaml:12:25: registries.addresses.allow[1]: must be an address or a range such as 10.0.0.0/8 or fd00::/8, not "not an address"
config.yaml:14:7: registries.realms[0]: must be IMAGE-DOMAIN=REALM-HOST, for instance registry.example=auth.example.org, not "registry.example"
config.yaml:15:17: registries.proxyCaches[0]: must be a glob such as team-* or ghcr.io/acme/** (no blanks, no ! at its beginning), not "!ghcr.io/**"
config.yaml:16:21: registries.nodeCredentials[0]: must be default, or a pattern as in matchImages of the kubelet, for instance *.registry.example/team, not "https://registry.example"
config.yaml:18:8: cache.tag: must be a duration such as 500ms, 5s or 1h30m, not "1 minute"
config.yaml:20:6: overrides[0]: unknown key "namespace"; did you mean namespaces? (known: namespaces, images, checks, causes, onUnknown)
config.yaml:20:36: overrides[0].onUnknown: must be one of enforce, warn, audit, ignore, not "never"
config.yaml:22:3: exemptions: unknown key "users" (known: namespaces, usernames, groups, runtimeClasses, images)
config.yaml:23:12: exemptions.groups[0]: must not be empty, not ""
config.yaml:25:5: workloads[0].group: is missing
config.yaml:25:32: workloads[0].podSpecs[0]: must be a field path such as spec.template.spec, spec.steps[].image or spec.replicaSpecs{*}.template.spec, not "spec..template"
config.yaml:27:16: limits.perRegistry: must be >= 1, not 0
`

exports[`test/config.test.ts > TAP > mistakes in kinds of one’s own > must match snapshot 1`] = `
ConfigError
config.yaml:4:49: workloads[0].podSpecs[0]: must be a field path such as spec.template.spec, spec.steps[].image or spec.replicaSpecs{*}.template.spec, not "spec.tills[0].template"
config.yaml:4:85: workloads[0].images[0]: must be a field path such as spec.template.spec, spec.steps[].image or spec.replicaSpecs{*}.template.spec, not ".spec.image"
config.yaml:4:112: workloads[0].templated: must be of type boolean, not "yes please"
config.yaml:5:5: workloads[1].podSpecs: is missing
config.yaml:5:5: workloads[1].images: is missing
config.yaml:5:5: workloads[1]: must have one of these keys, not {"group":"example.com","kind":"Nowhere"}
config.yaml:6:5: workloads[2].podSpecs: is missing
config.yaml:6:5: workloads[2]: must have one of these keys, not {"kind":"Half","podSpec":["spec"],"images":[]}
config.yaml:6:5: workloads[2].group: is missing
config.yaml:6:18: workloads[2]: unknown key "podSpec"; did you mean podSpecs? (known: group, kind, podSpecs, images, pullSecrets, serviceAccount, templated)
config.yaml:6:43: workloads[2].images: must have an entry, or be left out, not []
`

exports[`test/config.test.ts > TAP > what is no configuration at all > must match snapshot 1`] = `
""
ConfigError
config.yaml: the file is empty

"just text"
ConfigError
config.yaml:1:1: the file: must be of type object, not "just text"

"- a\\n- list\\n"
ConfigError
config.yaml:1:1: the file: must be of type object, not ["a","list"]

"mode: [unclosed"
ConfigError
config.yaml:1:16: not YAML: Flow sequence in block collection must be sufficiently indented and end with a ]

"apiVersion: pullgate.dev/v1alpha1\\nkind: PullgateConfiguration\\nmode: warn\\nmode: audit\\n"
ConfigError
config.yaml:4:1: not YAML: Map keys must be unique

"a: &a [*a]"
ConfigError
config.yaml:1:1: apiVersion: is missing
config.yaml:1:1: kind: is missing
config.yaml:1:1: unknown key "a" (known: apiVersion, kind, mode, checks, causes, onUnknown, templates, owned, overrides, exemptions, suspended, workloads, registries, platforms, cache, limits)

"{}"
ConfigError
config.yaml:1:1: apiVersion: is missing
config.yaml:1:1: kind: is missing
`

exports[`test/config.test.ts > TAP > what this version does not do is accepted as its default and refused as anything else > must match snapshot 1`] = `
ConfigError
config.yaml:4:26: checks.image-platform: "warn" is not supported by this version; leave it out, or write "enforce"
config.yaml:5:27: causes.platform-absent: "warn" is not supported by this version; leave it out, or write "enforce"
config.yaml:5:51: causes.platform-partial: "audit" is not supported by this version; leave it out, or write "enforce"
config.yaml:6:24: registries.hostsDir: "/etc/certs.d" is not supported by this version; leave it out, or write ""
config.yaml:6:52: registries.dockerConfig: "/c.json" is not supported by this version; leave it out, or write ""
config.yaml:6:91: registries.credentialProviders.config: "/p.yaml" is not supported by this version; leave it out, or write ""
config.yaml:6:108: registries.credentialProviders.binDir: "/bin" is not supported by this version; leave it out, or write ""
config.yaml:7:20: platforms.nodes: false is not supported by this version; leave it out, or write true
config.yaml:7:33: platforms.also: ["linux/arm64"] is not supported by this version; leave it out, or write []
config.yaml:8:29: limits.requestsPerSecond: 10 is not supported by this version; leave it out, or write 50
`
