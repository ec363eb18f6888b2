/** How a client proves who it is: all PEM, or a bearer token. */
export type KubeconfigIdentity = { certificate: string; key: string } | { token: string }

/** A kubeconfig of one cluster and one user, as JSON, which is YAML. */
export function writeKubeconfig(server: string, serverCertificate: string, identity: KubeconfigIdentity): string {
  const user =
    'token' in identity
      ? { token: identity.token }
      : { 'client-certificate-data': base64(identity.certificate), 'client-key-data': base64(identity.key) }
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server, 'certificate-authority-data': base64(serverCertificate) } }],
    users: [{ name: 'test', user }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    'current-context': 'test',
  })
}

const base64 = (text: string) => Buffer.from(text).toString('base64')
