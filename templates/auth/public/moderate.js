import { people } from './people.js'
import { signedIn } from './session.js'

await people(await signedIn('moderator', 'admin'))
