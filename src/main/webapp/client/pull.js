/**
 * The stream of a pull (methods.md, pull).
 *
 * @module
 */

/**
 * Pulls what has changed in a space. What arrives is handed on in order, one after another.
 *
 * @param {import('./connection.js').Connection} connection
 * @param {{id: string, since: number, ucan: string | undefined}} space
 * @param {object} handlers
 * @param {(epoch: number) => void} handlers.onBegin gets the epoch of the server
 * @param {(record: any) => Promise<void>} handlers.onRecord
 * @param {(file: any) => void} handlers.onFile
 * @returns {Promise<{records: number, cursor: number}>} how many records came, and the cursor up to
 *   which everything did; negative if the server left the space out
 */
export async function pull(connection, space, { onBegin, onRecord, onFile }) {
  let records = 0;
  let cursor = -1;
  let applied = Promise.resolve();
  await connection.request(
    'pull',
    { spaces: [space] },
    {
      onChunk: (name, data) => {
        applied = applied.then(async () => {
          if (name === 'pull.begin') {
            onBegin(data.key_generation);
            cursor = data.cursor;
          } else if (name === 'pull.record') {
            records++;
            await onRecord(data);
          } else if (name === 'pull.file') {
            onFile(data);
          }
        });
        // It is awaited below. Until then, a failure must not count as unhandled.
        applied.catch(() => {});
      },
    },
  );
  await applied;
  return { records, cursor };
}
