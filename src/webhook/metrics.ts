/** What serving counts, for Prometheus. Names and labels are public: dashboards rest on them. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Observer, PullgateEvent } from '../core/facts.ts'
import { shippedKinds } from '../core/kind-table.ts'
import { boundedLabel } from './bounded-label.ts'
import { type Answered, allFindings } from './decision-log.ts'

const registryLimit = 100
const namespaceLimit = 1000
// Warm answers take a few milliseconds, cold ones some round trips to a registry, none more than the API server waits.
const admissionBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
const registryBuckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

export type MetricsOptions = {
  /** Kinds beyond the shipped ones that get a label value of their own. */
  readonly kinds?: readonly string[]
  /** Off for tests: the process metrics keep a monitor of the event loop running. */
  readonly ofProcess?: boolean
}

export type Metrics = {
  readonly register: Registry
  /** For the app: one decision. */
  readonly onAnswered: (answered: Answered) => void
  /** For adapters. */
  readonly observe: Observer
  readonly countConfigReload: (outcome: 'success' | 'failure') => void
}

const createAdmissionMetrics = (registers: Registry[], kinds: ReadonlySet<string>): Metrics['onAnswered'] => {
  const requests = new Counter({
    name: 'pullgate_admission_requests_total',
    help: 'Admission requests answered.',
    labelNames: ['decision', 'kind', 'operation', 'dry_run'],
    registers,
  })
  const duration = new Histogram({
    name: 'pullgate_admission_duration_seconds',
    help: 'Time from the request to its decision.',
    buckets: admissionBuckets,
    registers,
  })
  const findings = new Counter({
    name: 'pullgate_findings_total',
    help: 'Findings of admission requests, with the mode that applied.',
    labelNames: ['check', 'cause', 'mode', 'namespace'],
    registers,
  })
  const exemptions = new Counter({
    name: 'pullgate_exemptions_total',
    help: 'Requests or images let through unseen because they are exempt, or in spite of their findings (bypass).',
    labelNames: ['kind'],
    registers,
  })
  const namespaceLabel = boundedLabel(namespaceLimit)
  return ({ admission, judged, milliseconds }) => {
    requests.inc({
      decision: judged.decision.allowed ? 'allowed' : 'denied',
      kind: kinds.has(admission.kind) ? admission.kind : 'other',
      operation: admission.operation,
      dry_run: String(admission.dryRun),
    })
    duration.observe(milliseconds / 1000)
    for (const { check, cause, mode } of allFindings(judged.decision)) {
      findings.inc({ check, cause, mode, namespace: namespaceLabel(admission.namespace) })
    }
    for (const kind of judged.exemptions ?? []) exemptions.inc({ kind })
  }
}

type EventOf<K extends PullgateEvent['kind']> = Extract<PullgateEvent, { kind: K }>

const createRegistryMetrics = (registers: Registry[]) => {
  const requests = new Counter({
    name: 'pullgate_registry_requests_total',
    help: 'Requests sent to registries and their token servers.',
    labelNames: ['registry', 'method', 'code'],
    registers,
  })
  const duration = new Histogram({
    name: 'pullgate_registry_request_duration_seconds',
    help: 'Time a registry took to answer one request.',
    labelNames: ['registry'],
    buckets: registryBuckets,
    registers,
  })
  const rateLimitRemaining = new Gauge({
    name: 'pullgate_registry_ratelimit_remaining',
    help: 'Requests a registry said it would still allow, as last heard.',
    labelNames: ['registry'],
    registers,
  })
  const paused = new Gauge({
    name: 'pullgate_registry_paused',
    help: 'Whether a registry is not asked for now (1), after failures or because its budget is spent.',
    labelNames: ['registry'],
    registers,
  })
  const label = boundedLabel(registryLimit)
  return {
    request: ({ registry, method, code, seconds }: EventOf<'request'>) => {
      requests.inc({ registry: label(registry), method, code })
      duration.observe({ registry: label(registry) }, seconds)
    },
    ratelimit: ({ registry, remaining }: EventOf<'ratelimit'>) => {
      rateLimitRemaining.set({ registry: label(registry) }, remaining)
    },
    pause: (event: EventOf<'pause'>) => {
      paused.set({ registry: label(event.registry) }, event.paused ? 1 : 0)
    },
  }
}

const createObserver = (registers: Registry[]): Observer => {
  const registry = createRegistryMetrics(registers)
  const cacheRequests = new Counter({
    name: 'pullgate_cache_requests_total',
    help: 'Questions put to a cache: answered (hit), asked anew (miss), or joined to one under way (joined).',
    labelNames: ['cache', 'outcome'],
    registers,
  })
  const certificateExpiry = new Gauge({
    name: 'pullgate_certificate_expiry_timestamp_seconds',
    help: 'When the serving certificate expires, in seconds since 1970.',
    registers,
  })
  return (event) => {
    switch (event.kind) {
      case 'request':
        registry.request(event)
        break
      case 'ratelimit':
        registry.ratelimit(event)
        break
      case 'pause':
        registry.pause(event)
        break
      case 'cache':
        cacheRequests.inc({ cache: event.cache, outcome: event.outcome })
        break
      case 'certificate':
        certificateExpiry.set(event.expires)
        break
      case 'cluster-request':
        break
    }
  }
}

export const createMetrics = ({ kinds = [], ofProcess = true }: MetricsOptions = {}): Metrics => {
  const register = new Registry()
  if (ofProcess) collectDefaultMetrics({ register })
  const registers = [register]
  const reloads = new Counter({
    name: 'pullgate_config_reloads_total',
    help: 'Changed configuration files, taken over (success) or refused (failure).',
    labelNames: ['outcome'],
    registers,
  })
  return {
    register,
    onAnswered: createAdmissionMetrics(
      registers,
      new Set([...shippedKinds.values()].map(({ kind }) => kind).concat(kinds)),
    ),
    observe: createObserver(registers),
    countConfigReload: (outcome) => {
      reloads.inc({ outcome })
    },
  }
}
