/** A certificate and its key, read again when their files change. */
import { readFile } from 'node:fs/promises'
import type { Log } from './decision-log.ts'
import type { CertificatePair } from './serving-certificate.ts'
import { type FileWatch, watchFiles } from './watched-files.ts'

export type CertificateFiles = { readonly certificateFile: string; readonly keyFile: string }

export type WatchOptions = {
  readonly files: CertificateFiles
  /** What is being served now. */
  readonly current: CertificatePair
  /** Takes a new pair, or throws; then the old one stays. */
  readonly use: (pair: CertificatePair) => void
  readonly log: Log
  readonly pollMilliseconds?: number
}

export const readPair = async ({ certificateFile, keyFile }: CertificateFiles): Promise<CertificatePair> => {
  const [certificate, key] = await Promise.all([readFile(certificateFile, 'utf8'), readFile(keyFile, 'utf8')])
  return { certificate, key }
}

const isSame = (one: CertificatePair | undefined, other: CertificatePair): boolean =>
  one?.certificate === other.certificate && one.key === other.key

const createReader = ({ files, current, use, log }: WatchOptions): (() => Promise<void>) => {
  let used = current
  // The same bad pair is one line in the log, not one every ten seconds.
  let refused: CertificatePair | undefined
  let unreadable = ''
  return async () => {
    try {
      const pair = await readPair(files)
      unreadable = ''
      if (isSame(used, pair) || isSame(refused, pair)) return
      refused = pair
      use(pair)
      used = pair
      refused = undefined
      log.info(files, 'serving certificate exchanged')
    } catch (error) {
      const why = error instanceof Error ? error.message : 'unknown'
      if (why === unreadable) return
      unreadable = why
      log.error({ ...files, why }, 'the new serving certificate is refused, the old one stays')
    }
  }
}

export const watchCertificate = (options: WatchOptions): FileWatch => {
  const { certificateFile, keyFile } = options.files
  return watchFiles([certificateFile, keyFile], createReader(options), options.pollMilliseconds)
}
