/**
 * Audit and metrics from `onVerdict`: a line of JSON for each verdict, and OpenTelemetry metrics. Run it with
 * `npm run example:audit`. In a service, write the lines to your log, and use the exporter of your collector.
 */
import { randomBytes } from 'node:crypto';
import { type Counter, type Histogram, metrics } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { createAuthClient, type Verdict } from 'intentkit-auth';

const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 60_000 });
metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));

const meter = metrics.getMeter('intentkit-auth');
const verdicts: Counter = meter.createCounter('auth.verdicts', {
  description: 'Verified tokens, by outcome',
});
const duration: Histogram = meter.createHistogram('auth.verify.duration', { unit: 'ms' });

/**
 * Counts the verdict by its outcome, and writes an audit line. Names of subjects and clients go into the line only, because
 * each new value of a metric's attribute is a new time series.
 */
function onVerdict({ valid, reason, milliseconds, ...who }: Verdict): void {
  const outcome = valid ? 'valid' : (reason ?? 'unknown');
  verdicts.add(1, { outcome });
  duration.record(milliseconds, { outcome });
  const line = { time: new Date().toISOString(), event: 'auth.verify', outcome, ...who };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

const secret = randomBytes(48).toString('base64url');
const auth = createAuthClient({ secret, issuer: 'my-service', audience: 'my-api', onVerdict });
const elsewhere = createAuthClient({ secret, issuer: 'my-service', audience: 'another-api' });

await auth.verify(await auth.sign({ client_id: 'report-job', jti: 'token-1' }, { subject: 'user-1' }));
await auth.verify(await elsewhere.sign({ client_id: 'report-job' }, { subject: 'user-1' }));
await auth.verify('not-a-token');

await reader.forceFlush();
for (const { descriptor, dataPoints } of exporter.getMetrics().at(-1)?.scopeMetrics[0]?.metrics ?? []) {
  for (const { attributes, value } of dataPoints) {
    const shown = typeof value === 'number' ? value : `${value.count} measured`;
    process.stdout.write(`${descriptor.name} {outcome=${attributes.outcome}}: ${shown}\n`);
  }
}
await reader.shutdown();
