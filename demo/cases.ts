/** What the demo applies, one manifest a case, and what is to come of it. */

export type Outcome = 'admitted' | 'refused' | 'admitted with a warning'

export type DemoCase = {
  readonly title: string
  /** The file's name, as the user sees it. */
  readonly file: string
  readonly manifest: object
  readonly dryRun?: true
  readonly expected: Outcome
}

/** Hosts as they stand in image references. */
export type Registries = { readonly open: string; readonly private: string }

export const namespaces = { enforced: 'shop', warned: 'shop-staging' } as const

/** What is pushed to the registries before the cases run. */
export const pushed = {
  open: [
    { repository: 'shop/pay', tag: 'v2.0.9' },
    { repository: 'shop/pay', tag: 'v2.1.2' },
    { repository: 'shop/pay', tag: 'v2.1.3' },
  ],
  private: [{ repository: 'shop/vault', tag: 'v1.4.0' }],
} as const

type Pod = { readonly images: readonly string[]; readonly secret?: string; readonly namespace?: string }

const deployment = (name: string, { images, secret, namespace = namespaces.enforced }: Pod): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace },
  spec: {
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: {
        ...(secret === undefined ? {} : { imagePullSecrets: [{ name: secret }] }),
        containers: images.map((image, index) => ({ name: index === 0 ? 'app' : `sidecar-${index}`, image })),
      },
    },
  },
})

/** The pull secrets the cases refer to; `regcred` opens the private registry, `regcred-old` no longer does. */
export const secretNames = { good: 'regcred', stale: 'regcred-old', missing: 'regcred-typo' } as const

export const demoCases = (registries: Registries): readonly DemoCase[] => {
  const pay = (tag: string): string => `${registries.open}/shop/pay${tag}`
  const vault = `${registries.private}/shop/vault:v1.4.0`
  return [
    {
      title: 'Good images: a public one, and a private one with its pull secret',
      file: 'good.yaml',
      manifest: deployment('pay', { images: [pay(':v2.1.3'), vault], secret: secretNames.good }),
      expected: 'admitted',
    },
    {
      title: 'A tag that was never pushed',
      file: 'missing-tag.yaml',
      manifest: deployment('pay-next', { images: [pay(':v2.1.4')] }),
      expected: 'refused',
    },
    {
      title: 'The tag latest',
      file: 'latest.yaml',
      manifest: deployment('pay-latest', { images: [pay(':latest')] }),
      expected: 'refused',
    },
    {
      title: 'A pull secret that does not exist',
      file: 'missing-secret.yaml',
      manifest: deployment('vault-typo', { images: [vault], secret: secretNames.missing }),
      expected: 'refused',
    },
    {
      title: 'A pull secret with an old password',
      file: 'wrong-password.yaml',
      manifest: deployment('vault-old', { images: [vault], secret: secretNames.stale }),
      expected: 'refused',
    },
    {
      title: 'A private image without a pull secret',
      file: 'no-secret.yaml',
      manifest: deployment('vault-bare', { images: [vault] }),
      expected: 'refused',
    },
    {
      title: 'A dry run is told the same, and changes nothing',
      file: 'missing-tag.yaml',
      manifest: deployment('pay-next', { images: [pay(':v2.1.4')] }),
      dryRun: true,
      expected: 'refused',
    },
    {
      title: `The namespace ${namespaces.warned} is in warn mode: the same mistake is admitted, and said`,
      file: 'missing-tag-staging.yaml',
      manifest: deployment('pay-next', { images: [pay(':v2.1.4')], namespace: namespaces.warned }),
      expected: 'admitted with a warning',
    },
  ]
}

/** The configuration both stages use: the demo's registries are on loopback, where only a node would be allowed to ask. */
export const demoConfig = `apiVersion: pullgate.dev/v1alpha1
kind: PullgateConfiguration
mode: enforce
registries:
  addresses: {allow: [127.0.0.0/8, "::1/128"]}
`
