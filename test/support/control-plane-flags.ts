import { join } from 'node:path'

/** Where the parts of one control plane find each other. */
export type Layout = {
  directory: string
  etcdPort: number
  etcdPeerPort: number
  apiServerPort: number
  serviceRange: string
}

export const apiServerUrl = (layout: Layout): string => `https://127.0.0.1:${layout.apiServerPort}`

export const files = {
  clientAuthority: 'client-ca.crt',
  serviceAccountKey: 'service-accounts.key',
  auditPolicy: 'audit-policy.json',
  auditLog: 'audit.log',
  // Made by the API server itself at its first start.
  serverCertificates: 'server-certificates',
  serverCertificate: 'server-certificates/apiserver.crt',
  adminKubeconfig: 'admin.kubeconfig',
  controllersKubeconfig: 'controllers.kubeconfig',
} as const

export const auditPolicy = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [{ level: 'Metadata' }],
}

export function etcdFlags(layout: Layout): string[] {
  const clients = `http://127.0.0.1:${layout.etcdPort}`
  const peers = `http://127.0.0.1:${layout.etcdPeerPort}`
  return [
    `--data-dir=${join(layout.directory, 'etcd')}`,
    `--listen-client-urls=${clients}`,
    `--advertise-client-urls=${clients}`,
    `--listen-peer-urls=${peers}`,
    `--initial-advertise-peer-urls=${peers}`,
    `--initial-cluster=default=${peers}`,
    '--log-level=warn',
    // Nothing of a test is to survive a power cut.
    '--unsafe-no-fsync',
  ]
}

export function apiServerFlags(layout: Layout): string[] {
  const inDirectory = (file: keyof typeof files) => join(layout.directory, files[file])
  return [
    `--etcd-servers=http://127.0.0.1:${layout.etcdPort}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    `--secure-port=${layout.apiServerPort}`,
    `--cert-dir=${inDirectory('serverCertificates')}`,
    `--client-ca-file=${inDirectory('clientAuthority')}`,
    '--authorization-mode=RBAC',
    // Services get loopback addresses, so a webhook can be registered by service name and served from this machine.
    `--service-cluster-ip-range=${layout.serviceRange}`,
    // Endpoints may not be loopback addresses, which is all there is here.
    '--endpoint-reconciler-type=none',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${inDirectory('serviceAccountKey')}`,
    `--service-account-signing-key-file=${inDirectory('serviceAccountKey')}`,
    `--audit-policy-file=${inDirectory('auditPolicy')}`,
    `--audit-log-path=${inDirectory('auditLog')}`,
  ]
}

export function controllerManagerFlags(layout: Layout): string[] {
  const inDirectory = (file: keyof typeof files) => join(layout.directory, files[file])
  return [
    `--kubeconfig=${inDirectory('controllersKubeconfig')}`,
    `--service-account-private-key-file=${inDirectory('serviceAccountKey')}`,
    `--root-ca-file=${inDirectory('serverCertificate')}`,
    // Each controller as its own service account, as in a real cluster: webhooks see who made an object.
    '--use-service-account-credentials',
    '--leader-elect=false',
    '--secure-port=0',
  ]
}
