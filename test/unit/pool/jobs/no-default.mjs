export const name = 'a module without a default export'
