/** One admission request, decoded at the door (`webhook/review.ts`); `object` and `oldObject` are still raw Kubernetes JSON. */
export type Admission = {
  readonly uid: string
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT'
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly subresource: string
  readonly namespace: string
  readonly name: string
  readonly object: unknown
  readonly oldObject: unknown
  readonly dryRun: boolean
  readonly user: {
    readonly username: string
    readonly groups: readonly string[]
    /** What the API server knows of the user beyond that, handed back to it when it is asked about the user's rights. */
    readonly uid?: string
    readonly extra?: Readonly<Record<string, readonly string[]>>
  }
}
