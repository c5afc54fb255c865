/** The part of a meter of `@opentelemetry/api` that is used. */
export interface MeterLike {
  createCounter(name: string, options?: MetricOptionsLike): CounterLike
  createObservableGauge(name: string, options?: MetricOptionsLike): ObservableLike
}

/** The `metrics` of `@opentelemetry/api`, or a meter. */
export type MetricsLike = MeterLike | { getMeter(name: string): MeterLike }

export interface MetricOptionsLike {
  description?: string
  unit?: string
}

export interface CounterLike {
  add(value: number, attributes?: Record<string, string>): void
}

export interface ObservableLike {
  addCallback(callback: (result: ResultLike) => void): void
  removeCallback(callback: (result: ResultLike) => void): void
}

export interface ResultLike {
  observe(value: number, attributes?: Record<string, string>): void
}
