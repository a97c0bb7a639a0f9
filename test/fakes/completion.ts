/** Asks a gateway for a completion, and resolves with the whole answer. */
export async function complete(
  url: string,
  content: string,
  model = 'gpt-4o-mini',
): Promise<{ status: number; text: string }> {
  const answer = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages: [{ role: 'user', content }] }),
  });
  return { status: answer.status, text: await answer.text() };
}
