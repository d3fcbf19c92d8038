/**
 * Sends requests each time its parent asks for a turn. It is a separate process, so that only the server's time is measured.
 * Its arguments are the URL, the token, and the number of requests per turn.
 */
const [url = '', token = '', requests] = process.argv.slice(2);
const CONNECTIONS = 8;

async function send(): Promise<void> {
  for (let sent = 0; sent < Number(requests) / CONNECTIONS; sent += 1) {
    const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
    if (response.status !== 200) throw new Error(`The server answered ${response.status}.`);
    await response.text();
  }
}

process.on('message', async () => {
  await Promise.all(Array.from({ length: CONNECTIONS }, send));
  process.send?.('done');
});
