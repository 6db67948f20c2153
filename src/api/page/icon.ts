/** The mark: three fish, one way. The web app has it as a file (web/public/icon.svg). */
export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><g fill="#1283a4"><path d="M4 9c4-5 9-5 13 0-4 5-9 5-13 0zm13 0 4-3v6z"/><path d="M12 18c4-5 9-5 13 0-4 5-9 5-13 0zm13 0 4-3v6z"/><path d="M3 26c3-4 7-4 10 0-3 4-7 4-10 0zm10 0 3-2.5v5z"/></g></svg>
`
