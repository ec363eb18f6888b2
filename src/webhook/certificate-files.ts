/**
 * A certificate and its key, read again when their files change. Kubernetes exchanges mounted Secrets by moving the
 * symlink `..data`, so the files themselves never change: their directories are watched, and looked at from time to
 * time as well, since watching is not possible everywhere (network file systems, spent inotify limits).
 */
import { type FSWatcher, watch } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Log } from './decision-log.ts'
import type { CertificatePair } from './serving-certificate.ts'

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

export type CertificateWatch = {
  /** Looks at once; settles when what was found then is in use or refused. */
  readonly look: () => Promise<void>
  readonly stop: () => void
}

const pollMilliseconds = 10_000

export const readPair = async ({ certificateFile, keyFile }: CertificateFiles): Promise<CertificatePair> => {
  const [certificate, key] = await Promise.all([readFile(certificateFile, 'utf8'), readFile(keyFile, 'utf8')])
  return { certificate, key }
}

const isSame = (one: CertificatePair | undefined, other: CertificatePair): boolean =>
  one?.certificate === other.certificate && one.key === other.key

const watchDirectories = (
  { certificateFile, keyFile }: CertificateFiles,
  changed: () => void,
): readonly FSWatcher[] => {
  const directories = new Set([dirname(certificateFile), dirname(keyFile)])
  return [...directories].flatMap((directory) => {
    try {
      const watcher = watch(directory, { persistent: false }, changed)
      // The directory may go away; the poll goes on.
      watcher.on('error', () => {
        watcher.close()
      })
      return [watcher]
    } catch {
      return []
    }
  })
}

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

export const watchFiles = (options: WatchOptions): CertificateWatch => {
  const read = createReader(options)
  // One reading at a time; a change during it asks for another one after it.
  let reading = Promise.resolve()
  const look = (): Promise<void> => {
    reading = reading.then(read)
    return reading
  }
  const changed = (): void => void look()
  const watchers = watchDirectories(options.files, changed)
  const poll = setInterval(changed, options.pollMilliseconds ?? pollMilliseconds)
  poll.unref()
  return {
    look,
    stop: () => {
      clearInterval(poll)
      for (const watcher of watchers) watcher.close()
    },
  }
}
