import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A temporary directory, and the processes that live in it, which cannot outlive the process that made it. */
export type GuardedDirectory = {
  path: string
  /** Names the leader of a process group that ends with the directory. */
  adopt: (processGroup: number) => void
  /** To be called when the processes have ended. */
  remove: () => Promise<void>
}

// The guardian reads from a pipe that only its maker holds. However the maker ends (also by SIGKILL, when no exit hook
// runs), the pipe closes, and the guardian cleans up.
const guardian = `
groups=
while read -r line; do
  [ "$line" = done ] && exit 0
  groups="$groups -$line"
done
[ -z "$groups" ] || kill -s KILL -- $groups
rm -rf -- "$1" || { sleep 1; rm -rf -- "$1"; }
`

export async function makeGuardedDirectory(name: string, parent: string = tmpdir()): Promise<GuardedDirectory> {
  const path = await mkdtemp(join(parent, `${name}-`))
  // Detached: an interrupt from the terminal goes to the whole process group and must not end the guardian first.
  const guard = spawn('/bin/sh', ['-c', guardian, 'guardian', path], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  await once(guard, 'spawn')
  guard.unref()
  const { stdin } = guard
  // A guardian killed by somebody else is no reason to fail a test.
  stdin.on('error', () => undefined)
  if (stdin instanceof Socket) stdin.unref()
  return {
    path,
    adopt: (processGroup) => {
      stdin.write(`${processGroup}\n`)
    },
    remove: async () => {
      await rm(path, { recursive: true, force: true, maxRetries: 5 })
      const ended = guard.exitCode === null ? once(guard, 'exit') : undefined
      guard.ref()
      stdin.end('done\n')
      await ended
    },
  }
}
