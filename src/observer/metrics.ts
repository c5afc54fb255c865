import type { BreakerState, CounterLike, MetricsLike, ResultLike } from '../core/index.ts'

/** What the gauges read. */
export interface Gauges {
  readonly backlogEvents: number
  readonly backlogBytes: number
  readonly lagMs: number
  readonly breaker: BreakerState
}

/** Where counts go as they come. */
export interface Metrics {
  captured(events: number): void
  published(events: number): void
  missed(events: number, reason: string): void
  /** Takes the gauges away. */
  end(): void
}

const BREAKER: Readonly<Record<BreakerState, number>> = Object.freeze({ closed: 0, 'half-open': 1, open: 2 })

/** Registers the metrics of an observer. What the host's metrics throw is dropped. */
export function registerMetrics(
  metrics: MetricsLike | undefined,
  migration: string,
  gauges: () => Gauges,
): Metrics | undefined {
  if (!metrics) return undefined
  try {
    const meter = 'getMeter' in metrics ? metrics.getMeter('changeover') : metrics
    const labels = { migration }
    const counter = (name: string, description: string): CounterLike =>
      meter.createCounter(`changeover.observer.${name}`, { description, unit: '{event}' })
    const captured = counter('captured', 'Events that the database accepted while the flag was on')
    const published = counter('published', 'Events that the queue has taken')
    const missed = counter('missed', 'Events that are in the collection and were not published, by reason')
    const ends: (() => void)[] = []
    const gauge = (name: string, unit: string, description: string, read: (now: Gauges) => number): void => {
      const observable = meter.createObservableGauge(`changeover.observer.${name}`, { description, unit })
      const callback = (result: ResultLike): void => result.observe(read(gauges()), labels)
      observable.addCallback(callback)
      ends.push(() => observable.removeCallback(callback))
    }
    gauge('backlog.events', '{event}', 'Events that wait to be sent', ({ backlogEvents }) => backlogEvents)
    gauge('backlog.bytes', 'By', 'Bytes that wait to be sent', ({ backlogBytes }) => backlogBytes)
    gauge('lag', 's', 'How long the oldest event has been waiting', ({ lagMs }) => lagMs / 1000)
    gauge('breaker', '1', '0 closed, 1 half-open, 2 open', ({ breaker }) => BREAKER[breaker])
    return {
      captured: safely((events: number) => captured.add(events, labels)),
      published: safely((events: number) => published.add(events, labels)),
      missed: safely((events: number, reason: string) => missed.add(events, { ...labels, reason })),
      end: safely(() => {
        for (const end of ends) end()
      }),
    }
  } catch {
    return undefined
  }
}

function safely<Args extends unknown[]>(work: (...args: Args) => void): (...args: Args) => void {
  return (...args) => {
    try {
      work(...args)
    } catch {
      // Metrics are the host's; what goes wrong with them is not for its inserts to suffer.
    }
  }
}
