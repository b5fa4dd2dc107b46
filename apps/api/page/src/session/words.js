/** The words of the sign-in. */
export const SIGN_IN = {
  product: 'novita-fleet',
  lead: 'The GPU instances that you rent at Novita: create them, see what they cost, and stop those that stand idle.',
  key: 'API key',
  hint: 'It is kept for this tab only.',
  submit: 'Sign in',
  empty: 'Enter a key.',
  where: 'Where is my key?',
  answers: [
    'Somebody else runs this service: ask them for a key of your own. It is not your key at Novita.',
    'You run it: the keys stand in its setting API_KEYS, each with a name and what its holder may do.',
    'You started it with npm start, to have a look: its first lines show a link that signs you in.',
  ],
  programs: 'For programs there is the ',
  documentation: 'API documentation',
  blanks: 'A key holds no blanks, and no characters beyond ASCII',
  unknown: 'This key is not known here. Check that it was copied whole.',
  revoked: 'The key is not known here any more. Sign in with one that is.',
};
