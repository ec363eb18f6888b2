import { spawn } from 'node:child_process'
import { once } from 'node:events'

export type KubectlResult = { status: number; stdout: string; stderr: string }
export type Kubectl = (args: string[], stdin?: string) => Promise<KubectlResult>

const limitMs = 60_000

/** kubectl as one user; `--kubeconfig` among the arguments makes it another. A failure is a status, not an exception. */
export function bindKubectl(binary: string, kubeconfig: string, home: string, cwd?: string): Kubectl {
  return async (args, stdin = '') => {
    const child = spawn(binary, args, {
      ...(cwd === undefined ? {} : { cwd }),
      env: { PATH: process.env['PATH'] ?? '', HOME: home, KUBECONFIG: kubeconfig },
      timeout: limitMs,
      killSignal: 'SIGKILL',
    })
    const stdout: Buffer[] = []
    const stderr: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
    // kubectl may refuse its arguments and go without reading.
    child.stdin.on('error', () => undefined)
    child.stdin.end(stdin)
    const [status, signal] = (await once(child, 'close')) as [number | null, string | null]
    if (status === null)
      throw new Error(`kubectl ${args.join(' ')}: ended by ${signal ?? '?'}, limit ${limitMs / 1000} s`)
    return { status, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() }
  }
}
