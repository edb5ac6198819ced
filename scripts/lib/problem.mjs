/** A failure with a message for the person at the terminal; shown without a stack. */
export class Problem extends Error {
  name = 'Problem';
}

/** Runs a script's main function; a Problem is shown as one message, anything else with its stack. */
export async function main(body) {
  try {
    await body();
  } catch (error) {
    console.error(error instanceof Problem ? `\n${error.message}` : error);
    process.exitCode = 1;
  }
}
