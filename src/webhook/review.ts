/** AdmissionReview, as the API server sends and expects it (k8s.io/api/admission/v1), to and from our own shapes. */
import type { Admission } from '../core/admission.ts'
import type { Decision } from '../core/decision.ts'
import { auditAnnotations, denialMessage, warningTexts } from './answer-text.ts'

export const reviewApiVersion = 'admission.k8s.io/v1'
export const reviewKind = 'AdmissionReview'

const text = { type: 'string' } as const
// What Go omits when empty may also be written as null by other senders; both mean the same to Kubernetes.
const optionalText = { type: 'string', nullable: true } as const
const anyObject = { type: 'object', nullable: true } as const

/**
 * Only what decoding rests on: the API server validates the rest, and new fields must not stop an admission. The
 * object itself is not described here, since a mistake in it is a finding and not a malformed review.
 */
export const reviewSchema = {
  type: 'object',
  required: ['apiVersion', 'kind', 'request'],
  properties: {
    apiVersion: { type: 'string', const: reviewApiVersion },
    kind: { type: 'string', const: reviewKind },
    request: {
      type: 'object',
      required: ['uid', 'kind', 'operation'],
      properties: {
        uid: { type: 'string', minLength: 1 },
        kind: {
          type: 'object',
          required: ['version', 'kind'],
          properties: { group: optionalText, version: text, kind: { type: 'string', minLength: 1 } },
        },
        subResource: optionalText,
        name: optionalText,
        namespace: optionalText,
        operation: { type: 'string', enum: ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'] },
        userInfo: {
          type: 'object',
          nullable: true,
          properties: { username: optionalText, groups: { type: 'array', nullable: true, items: text } },
        },
        object: anyObject,
        oldObject: anyObject,
        dryRun: { type: 'boolean', nullable: true },
      },
    },
  },
} as const

/** The part of a review that the schema has vouched for. */
type ReviewRequest = {
  readonly uid: string
  readonly kind: { readonly group?: string | null; readonly version: string; readonly kind: string }
  readonly subResource?: string | null
  readonly name?: string | null
  readonly namespace?: string | null
  readonly operation: Admission['operation']
  readonly userInfo?: {
    readonly username?: string | null
    readonly groups?: readonly string[] | null
    readonly uid?: unknown
    readonly extra?: unknown
  } | null
  readonly object?: unknown
  readonly oldObject?: unknown
  readonly dryRun?: boolean | null
}

/** Only lists of texts: an authorizer is handed nothing else, and nothing here is worth refusing an admission for. */
const decodeExtra = (extra: unknown): Readonly<Record<string, readonly string[]>> =>
  typeof extra === 'object' && extra !== null
    ? Object.fromEntries(
        Object.entries(extra).filter(
          (entry): entry is [string, string[]] =>
            Array.isArray(entry[1]) && entry[1].every((value) => typeof value === 'string'),
        ),
      )
    : {}

const decodeUser = (user: ReviewRequest['userInfo']): Admission['user'] => ({
  username: user?.username ?? '',
  groups: user?.groups ?? [],
  ...(typeof user?.uid === 'string' ? { uid: user.uid } : {}),
  ...(user?.extra === undefined || user.extra === null ? {} : { extra: decodeExtra(user.extra) }),
})

/** `kind`, not `requestKind`: the object has been converted to what the rule matched. Only for a body the schema has accepted. */
export const decodeReview = (body: unknown): Admission => {
  const { request } = body as { readonly request: ReviewRequest }
  const { kind } = request
  return {
    uid: request.uid,
    operation: request.operation,
    group: kind.group ?? '',
    version: kind.version,
    kind: kind.kind,
    subresource: request.subResource ?? '',
    namespace: request.namespace ?? '',
    name: request.name ?? '',
    object: request.object ?? null,
    oldObject: request.oldObject ?? null,
    dryRun: request.dryRun ?? false,
    user: decodeUser(request.userInfo),
  }
}

export type AnswerExtras = {
  readonly annotations?: Readonly<Record<string, string>>
  readonly notices?: readonly string[]
  readonly advice?: string
}

export type AdmissionReview = {
  readonly apiVersion: typeof reviewApiVersion
  readonly kind: typeof reviewKind
  readonly response: {
    readonly uid: string
    readonly allowed: boolean
    readonly status?: { readonly code: number; readonly reason: string; readonly message: string }
    readonly warnings?: readonly string[]
    readonly auditAnnotations?: Readonly<Record<string, string>>
  }
}

/**
 * 403 and Forbidden, because kubectl hides the message of 422 and Invalid behind their causes, and a denial without a
 * status becomes "denied the request without explanation".
 */
const refusal = (message: string) => ({ code: 403, reason: 'Forbidden', message })

export const encodeReview = (
  admission: Admission,
  { allowed, denials, warnings, audits }: Decision,
  { annotations = {}, notices = [], advice }: AnswerExtras = {},
): AdmissionReview => {
  const texts = warningTexts(warnings, notices)
  const audit = auditAnnotations([...denials, ...warnings, ...audits], annotations)
  return {
    apiVersion: reviewApiVersion,
    kind: reviewKind,
    response: {
      uid: admission.uid,
      allowed,
      ...(allowed ? {} : { status: refusal(denialMessage(denials, advice)) }),
      ...(texts.length === 0 ? {} : { warnings: texts }),
      ...(Object.keys(audit).length === 0 ? {} : { auditAnnotations: audit }),
    },
  }
}
