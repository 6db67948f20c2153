export default function WishesPage() {
  return <h1>Wishes</h1>
}
