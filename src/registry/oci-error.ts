// The distribution specification's error body: {"errors": [{"code": "NAME_UNKNOWN", "message": "…"}]}.

export type OciError = { readonly code: string; readonly message: string }

export const ociErrorOf = (body: Buffer): OciError | undefined => {
  const errors = memberOf(parseJson(body), 'errors')
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined
  const code = memberOf(first, 'code')
  if (typeof code !== 'string' || code === '') return undefined
  const message = memberOf(first, 'message')
  return { code, message: typeof message === 'string' ? message : '' }
}

/** `undefined` also for what is no JSON. */
export const parseJson = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString('utf8')) as unknown
  } catch {
    return undefined
  }
}

export const memberOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined
