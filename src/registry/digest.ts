import { createHash } from 'node:crypto'

// go-digest: the algorithms that the kubelet and containerd register, in lower-case hexadecimal.
const shape = /^(?:sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})$/

export const isDigest = (text: string): boolean => shape.test(text)

export const algorithmOf = (digest: string): string => digest.slice(0, digest.indexOf(':'))

export const digestOf = (bytes: Buffer, algorithm: string): string =>
  `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`
