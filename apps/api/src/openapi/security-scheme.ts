export const API_KEY_SCHEME = 'apiKey';
