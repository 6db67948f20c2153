import { type Clock, sleep } from '../../base/clock.ts'
import type { Logger } from '../../base/log.ts'
import type { Tracing } from '../../base/tracing.ts'
import { VERSION } from '../../base/version.ts'
import { type Sampling, tracingSettings } from './environment.ts'

/** Packages that are installed by whoever wants tracing. */
const PACKAGES = [
  '@opentelemetry/api',
  '@opentelemetry/sdk-trace',
  '@opentelemetry/resources',
  '@opentelemetry/exporter-trace-otlp-http',
]

/** What is not exported by then at the end is lost, ms: a stop must not wait for a collector. */
const STOP_MS = 1000

export interface TracingSetup {
  readonly env: Readonly<Record<string, string | undefined>>
  /** `service.name`, unless the environment names another. */
  readonly service: string
  /** `service.instance.id`. */
  readonly peerId: string
  readonly clock: Clock
  readonly log: Logger
  readonly stack: AsyncDisposableStack
}

/** Tracing when the environment asks for it and its packages are there, else undefined; nothing is loaded then. Its end is put on `stack`. */
export async function openTracing(setup: TracingSetup): Promise<Tracing | undefined> {
  const { env, service, peerId, clock, log, stack } = setup
  const settings = tracingSettings(env)
  if (!settings) return undefined
  const loaded = await load(log)
  if (!loaded) return undefined
  const { sdk, exporter, resources, otel } = loaded
  const { scheduleDelayMs } = settings
  const named = resources.resourceFromAttributes({
    'service.name': service,
    'service.version': VERSION,
    'service.instance.id': peerId,
  })
  const given = resources.detectResources({ detectors: [resources.envDetector] })
  const provider = new sdk.TracerProvider({
    resource: resources.defaultResource().merge(named).merge(given),
    sampler: samplerOf(sdk, settings.sampling),
    spanProcessors: [
      new sdk.BatchSpanProcessor({
        exporter: new exporter.OTLPTraceExporter(),
        ...(scheduleDelayMs !== undefined && { scheduledDelayMillis: scheduleDelayMs }),
      }),
    ],
  })
  stack.defer(async () => {
    const ended = provider.shutdown().catch((err) => log.warn({ err }, 'the last spans were not exported'))
    const cut = new AbortController()
    await Promise.race([ended, sleep(clock, STOP_MS, cut.signal).catch(() => undefined)])
    cut.abort()
  })
  log.info('tracing is on')
  return new otel.OtelTracing(provider.getTracer('shoal', VERSION))
}

async function load(log: Logger) {
  try {
    const [sdk, exporter, resources, otel] = await Promise.all([
      import('@opentelemetry/sdk-trace'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
      import('./otel.ts'),
    ])
    return { sdk, exporter, resources, otel }
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw err
    log.warn(
      { err },
      `The environment asks for tracing (OTEL_…), which needs packages that are not installed. Goes on without. Install them beside Shoal: npm install ${PACKAGES.join(' ')}`,
    )
    return undefined
  }
}

function samplerOf(sdk: typeof import('@opentelemetry/sdk-trace'), { ratio, parentBased }: Sampling) {
  const root = new sdk.TraceIdRatioBasedSampler(ratio)
  return parentBased ? new sdk.ParentBasedSampler({ root }) : root
}
