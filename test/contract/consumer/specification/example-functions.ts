// biome-ignore-all lint: the code of the specification, untouched.
// biome-ignore-all format: the code of the specification, untouched.
// biome-ignore-all assist: the code of the specification, untouched.

// Left out by the sample, and in another one:
import { IntentRegistry } from 'intentkit';

// The sample:
import { createToken, verifyToken, decodeToken } from 'intentkit-auth/functions';

const registry = new IntentRegistry()
  .register(createToken, verifyToken, decodeToken);

// What came of it, for the test:
process.stdout.write(
  JSON.stringify([...registry].map(({ name, intent, permissions, requires }) => ({ name, intent, permissions, requires }))),
);
