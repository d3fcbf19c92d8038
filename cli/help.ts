/** What `--help` prints. It fits a terminal of 80 × 24. */
export const HELP = `Usage: npx intentkit-auth <command> [options]

  inspect   Shows the token on stdin: its header, claims and times, and what is
            unusual about it. It verifies nothing, and prints no signature.
  doctor    Tries a configuration against the live identity provider, with the
            token on stdin if there is one, and says what to change.

Options of doctor:
  --issuer <url>     the "iss" of the tokens, to the letter; required
  --audience <text>  the "aud" of the tokens
  --jwks-url <url>   where the keys are; discovered if it is not given
  --mcp <url>        an MCP server, whose challenge and metadata are tried too
  --timeout <time>   the longest a request may take; 5s if it is not given
Options of both:
  --json             prints JSON, for scripts
  --help             prints this

Exit codes: 0 if all fits, 1 if something does not, 2 if the usage is wrong.

  echo "$TOKEN" | npx intentkit-auth inspect
  npx intentkit-auth doctor --issuer https://id.example.com --audience my-api
`;
