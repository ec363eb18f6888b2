import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import t from 'tap'
import { until } from './until.ts'

// What a test file does, without an end of its own.
const maker = `
  const { makeGuardedDirectory } = await import(${JSON.stringify(import.meta.resolve('./guarded-directory.ts'))})
  const { startServerProcess } = await import(${JSON.stringify(import.meta.resolve('./server-process.ts'))})
  const directory = await makeGuardedDirectory('pullgate-guard-test')
  const server = await startServerProcess(directory, { name: 'sleeper', binary: 'sleep', args: ['60'] })
  console.log(directory.path + ' ' + server.pid)
  setTimeout(() => undefined, 60_000)
`

/** A killed orphan can stay as a zombie where process 1 reaps nothing, as in many containers: that is dead enough. */
function isAlive(pid: string): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', pid], { encoding: 'utf8' })
  return /^[^Z\s]/.test(stdout.trim())
}

for (const signal of ['SIGKILL', 'SIGINT', 'SIGTERM'] as const) {
  void t.test(`${signal} to the maker ends its servers and removes the directory`, async (t) => {
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', maker], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
    const [directory = '', pid = ''] = line.split(' ')
    t.ok(existsSync(directory))
    t.ok(isAlive(pid))
    child.kill(signal)
    await until({ what: 'the guardian', limitMs: 10_000 }, async () => {
      return (!existsSync(directory) && !isAlive(pid)) || undefined
    })
  })
}
