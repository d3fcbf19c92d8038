import { createRequire } from 'node:module';

/** What `--help` prints. It fits a terminal of 80 × 24. */
export const HELP = `Usage: npx intentkit-auth <command> [options]

  inspect   Prints the token on stdin and what is unusual. It verifies nothing.
  doctor    Checks a configuration against the live identity provider, with the
            token on stdin if there is one, and says what to change.

Options of doctor:
  --issuer <text>    the exact "iss" of the tokens, mostly a URL; required
  --audience <text>  the "aud" of the tokens
  --jwks-url <url>   the URL of the keys; discovered by default
  --mcp <url>        an MCP server: its challenge and metadata are checked too
  --timeout <time>   the time limit of each request, up to 5m; 5s by default
Options of both:
  --json             prints JSON, for scripts
  --help             prints this help
  --version          prints the version of the package

Exit codes: 0 nothing is wrong, 1 something is wrong or the token cannot be
read, 2 wrong usage, 3 the command itself failed.

  echo "$TOKEN" | npx intentkit-auth inspect
  npx intentkit-auth doctor --issuer https://id.example.com --audience my-api
`;

/** Returns the version of the package. Its own name leads to `package.json` from the sources and from every build. */
export const version = (): string => createRequire(import.meta.url)('intentkit-auth/package.json').version;
