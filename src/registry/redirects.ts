import type { RegistryRequest, Reply, Send } from './exchange.ts'
import { type Unanswered, unanswered } from './unanswered.ts'

// Redirects followed by hand, as far as Go's http.Client follows them (ten requests in all, HEAD stays HEAD), but more careful with
// credentials: Go keeps Authorization for subdomains and containerd offers the credential to any host that asks for it.

const mostRequests = 10
const redirecting = [301, 302, 303, 307, 308]

export const followRedirects =
  (send: Send): Send =>
  async (line, request) => {
    let current = request
    for (let count = 1; count <= mostRequests; count += 1) {
      const reply = await send(line, current)
      if (reply.kind === 'unanswered') return reply
      if (!redirecting.includes(reply.status)) return settle(request.url, reply)
      const next = nextRequest(current, reply)
      if ('kind' in next) return next
      current = next
    }
    return unanswered('answer-unintelligible', 'it redirects again and again')
  }

// A host behind a redirect may be the node's business with the node's credential, which we do not give it.
const settle = (asked: URL, reply: Reply): Reply | Unanswered => {
  const foreign = reply.url.origin !== asked.origin
  if (foreign && (reply.status === 401 || reply.status === 403)) {
    return unanswered(
      'address-denied',
      `${reply.url.host}, where it redirects to, wants credentials, which it is not given`,
    )
  }
  return { ...reply, foreign }
}

const nextRequest = (request: RegistryRequest, reply: Reply): RegistryRequest | Unanswered => {
  const location = reply.header('location')
  if (location === undefined || !URL.canParse(location, request.url.href)) {
    return unanswered('answer-unintelligible', 'a redirect that leads nowhere')
  }
  const target = new URL(location, request.url.href)
  if (target.username !== '' || target.password !== '') {
    return unanswered('answer-unintelligible', 'a redirect that carries credentials')
  }
  const isKept = target.protocol === 'https:' || target.protocol === request.url.protocol
  if (!isKept || !target.protocol.startsWith('http')) {
    return unanswered('address-denied', `a redirect from https to ${target.protocol}//${target.host}`)
  }
  // Only the token endpoint is posted to, with a password in the body. Go would turn 301 to 303 into a GET without it,
  // whose answer is a login page, and repeat 307 and 308 wherever they lead.
  if (request.method === 'POST') return unanswered('address-denied', `a password is not sent on to ${target.host}`)
  target.hash = ''
  return {
    ...request,
    url: target,
    headers: target.origin === request.url.origin ? request.headers : withoutAuthorization(request),
  }
}

const withoutAuthorization = ({ headers }: RegistryRequest): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'authorization'))
