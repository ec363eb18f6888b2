/** argv -> command -> exit status; the only file that touches `process`. */
import { Command, CommanderError } from 'commander'
import packageJson from '../package.json' with { type: 'json' }
import { type CertsArgs, runCerts } from './commands/certs.ts'
import { runServe } from './commands/serve.ts'
import type { ServeFlags } from './commands/serve-flags.ts'

const stopping = new AbortController()
const io = {
  stdout: (text: string): void => void process.stdout.write(text),
  stderr: (text: string): void => void process.stderr.write(text),
}

const collectAll = (value: string, before: readonly string[] | undefined): readonly string[] => [
  ...(before ?? []),
  value,
]

const program = new Command('pullgate')
  .description('Refuses Kubernetes workloads whose images cannot be pulled, and says why.')
  .version(packageJson.version)
  .exitOverride()
  .showHelpAfterError('(try --help)')
  .configureOutput({ writeOut: io.stdout, writeErr: io.stderr })

let exitStatus = 0

program
  .command('serve')
  .description('run the admission webhook over HTTPS')
  .option('--config <FILE>', 'the configuration, read again when it changes; without it every setting has its default')
  .option('--listen <HOST:PORT>', 'where admission reviews are served', '0.0.0.0:8443')
  .option('--metrics-listen <HOST:PORT>', 'where /metrics, /livez and /readyz are served, plain http', '0.0.0.0:8080')
  .option(
    '--tls-cert-file <FILE>',
    'serving certificate (PEM), reloaded when it changes; without it Pullgate makes its own',
  )
  .option('--tls-private-key-file <FILE>', 'its key (PEM)')
  .option('--kubeconfig <FILE>', 'how to reach the cluster; default: the Pod’s own service account')
  .option('--namespace <NS>', 'the namespace Pullgate runs in; default: the Pod’s own, else the kubeconfig’s')
  .option('--service <NAME>', 'the Service the API server calls, for the self-made certificate', 'pullgate')
  .option('--certificate-secret <NAME>', 'where the self-made certificate is kept', 'pullgate-certs')
  .option(
    '--webhook-configuration <NAME>',
    'the ValidatingWebhookConfiguration whose caBundle is kept right',
    'pullgate',
  )
  .option('--log-level <LEVEL>', 'trace, debug, info, warn or error', 'info')
  .option('--shutdown-delay <DURATION>', 'how long requests are still answered after SIGTERM', '5s')
  .option('--print-schema', 'print the JSON Schema of the configuration and exit')
  .addHelpText(
    'after',
    `
Examples:
  pullgate serve --config /etc/pullgate/config.yaml
  pullgate serve --kubeconfig ~/.kube/config --tls-cert-file certs/tls.crt --tls-private-key-file certs/tls.key`,
  )
  .action(async (flags: ServeFlags) => {
    exitStatus = await runServe(flags, { ...io, stop: stopping.signal, version: packageJson.version })
  })

program
  .command('certs')
  .description('issue or renew a CA and a serving certificate for the webhook, and print the caBundle')
  .option('--service <NAME>', 'the Service the API server calls', 'pullgate')
  .option('--namespace <NS>', 'its namespace', 'pullgate-system')
  .option('--dns <NAME>', 'one more name the certificate is good for (repeatable)', collectAll)
  .option('--out <DIR>', 'where ca.crt, ca.key, tls.crt and tls.key are written', 'certs')
  .option('--days <N>', 'how long the serving certificate is good for', Number)
  .option('--force', 'make a new CA even where there is a good one')
  .addHelpText(
    'after',
    `
Examples:
  pullgate certs
  pullgate certs --namespace platform --out /tmp/certs > ca-bundle.txt`,
  )
  .action(async ({ out, ...flags }: Omit<CertsArgs, 'directory'> & { readonly out: string }) => {
    exitStatus = await runCerts({ ...flags, directory: out }, io)
  })

// A second signal means it: the default action, an immediate end.
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    stopping.abort()
  })
}
// What a reader of a pipe no longer wants is no reason to fail.
process.stdout.on('error', () => undefined)

const usageStatus = (error: CommanderError): number => (error.exitCode === 0 ? 0 : 2)

try {
  await program.parseAsync(process.argv)
  process.exitCode = exitStatus
} catch (error) {
  if (!(error instanceof CommanderError))
    io.stderr(`pullgate: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = error instanceof CommanderError ? usageStatus(error) : 2
}
