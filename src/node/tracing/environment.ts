type Env = Readonly<Record<string, string | undefined>>

/** How much is traced (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/). */
export interface Sampling {
  /** Share of the traces that begin here, 0 to 1. */
  readonly ratio: number
  /** What whoever asked has decided goes before. */
  readonly parentBased: boolean
}

export interface TracingSettings {
  readonly sampling: Sampling
  /** Time between two exports, ms; undefined: the library's. */
  readonly scheduleDelayMs: number | undefined
}

/** What the standard variables say of tracing; undefined when they do not ask for it. The exporter reads endpoint, headers and timeout by itself. */
export function tracingSettings(env: Env): TracingSettings | undefined {
  const isAsked = env.OTEL_EXPORTER_OTLP_ENDPOINT || env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT
  const isOff = /^true$/i.test(env.OTEL_SDK_DISABLED ?? '') || env.OTEL_TRACES_EXPORTER === 'none'
  if (!isAsked || isOff) return undefined
  const delayMs = Number(env.OTEL_BSP_SCHEDULE_DELAY || Number.NaN)
  return { sampling: samplingOf(env), scheduleDelayMs: delayMs > 0 ? delayMs : undefined }
}

/** What is not known counts as the default, as the specification wants it. */
function samplingOf({ OTEL_TRACES_SAMPLER: name = '', OTEL_TRACES_SAMPLER_ARG: arg = '' }: Env): Sampling {
  const [, based, kind] = /^(parentbased_)?(always_on|always_off|traceidratio)$/.exec(name) ?? []
  if (!kind) return { ratio: 1, parentBased: true }
  const given = arg === '' ? 1 : Number(arg)
  const ratio = given >= 0 && given <= 1 ? given : 1
  return {
    ratio: kind === 'always_on' ? 1 : kind === 'always_off' ? 0 : ratio,
    parentBased: based !== undefined,
  }
}
