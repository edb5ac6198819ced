/** An error whose message is fit for people: it says what, where and what to do. Everything else is a defect. */
export class UserError extends Error {
  override readonly name = 'UserError';
}
