/** Runs a soak scenario by name: `npm run soak -- [scenario] [size]`. Exits with 1 on any wrong verdict. */
type Scenario = (size: number | undefined) => Promise<boolean>;

const SCENARIOS: Readonly<Record<string, () => Promise<Scenario>>> = {
  tokens: async () => (await import('./tokens.js')).soakTokens,
  fleet: async () => (await import('./fleet.js')).soakFleet,
};

const [name = 'tokens', size] = process.argv.slice(2);
const load = SCENARIOS[name];
if (!load) throw new Error(`Unknown scenario ${name}. Use one of: ${Object.keys(SCENARIOS).join(', ')}.`);
if (size !== undefined && !(Number(size) >= 1)) throw new Error('The size must be a number of at least 1.');
const soak = await load();
process.exitCode = (await soak(size === undefined ? undefined : Number(size))) ? 0 : 1;
