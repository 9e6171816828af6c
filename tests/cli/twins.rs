//! Creates of one name at the same time, their requests mingled in any way: one stays, and nobody
//! deletes what somebody else made.

use proptest::prelude::*;
use serde_json::{Value, json};
use uns3::domain::connector::Connector;
use uns3::domain::kind::Kind;
use uns3::domain::twins::{Standing, standing, tick};

/// What the service's clock tells, in milliseconds; 0: connectors bear no time.
const CLOCKS: [u64; 5] = [1000, 100, 10, 1, 0];

/// What became of a POST.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Post {
    Answered,
    /// Its answer was lost: it was carried out.
    Lost,
    /// It was not.
    Dropped,
    /// It is, at the next step of anybody.
    Late,
}

/// The service, and who made what.
#[derive(Default)]
struct World {
    clock: u64,
    now: u64,
    /// The owner and the connector, as they are now, and as they were at every moment before.
    live: Vec<(usize, Value)>,
    past: Vec<Vec<(usize, Value)>>,
    late: Vec<usize>,
    ids: Vec<String>,
    /// Whether any was ever made.
    any: bool,
}

impl World {
    fn make(&mut self, owner: usize) -> Connector {
        let id = self.ids.pop().unwrap();
        let mut object = json!({"id": id, "name": "x", "type": "s3", "config": {}});
        if let Some(ticks) = self.now.checked_div(self.clock) {
            let made = jiff::Timestamp::from_millisecond((ticks * self.clock) as i64).unwrap();
            object["created_at"] = made.to_string().into();
        }
        self.any = true;
        self.live.push((owner, object.clone()));
        connector(&object)
    }

    fn post(&mut self, owner: usize, post: Post) -> Option<Connector> {
        match post {
            Post::Answered => return Some(self.make(owner)),
            Post::Lost => drop(self.make(owner)),
            Post::Late => self.late.push(owner),
            Post::Dropped => {}
        }
        None
    }

    /// A list, by a service that shows what was so many moments ago.
    fn list(&self, ago: usize) -> Vec<Connector> {
        let at = self.past.len().checked_sub(ago).filter(|_| ago > 0);
        let shown = at.map_or(&self.live, |at| &self.past[at]);
        shown.iter().map(|(_, object)| connector(object)).collect()
    }

    fn delete(&mut self, owner: usize, id: &str) {
        let theirs = self.live.iter().position(|(_, one)| one["id"] == id);
        let (whose, _) = self.live.remove(theirs.expect("it is there"));
        assert_eq!(whose, owner, "another's was deleted");
        assert!(!self.live.is_empty(), "the last one was deleted");
    }

    /// Time goes on, and what is late comes.
    fn pass(&mut self, by: u64) {
        self.past.push(self.live.clone());
        self.now += by;
        for owner in std::mem::take(&mut self.late) {
            self.make(owner);
        }
    }
}

fn connector(object: &Value) -> Connector {
    Connector::new(Kind::Destination, object.as_object().unwrap().clone()).unwrap()
}

/// A create: its POSTs to come, what it knows to be its own, and its looks.
struct Create {
    posts: Vec<Post>,
    own: Option<Connector>,
    /// When it may look.
    ready: u64,
    looks: usize,
    doubt: bool,
    over: bool,
    /// Whether it told that there may be several.
    told: bool,
}

/// Looks of one create at the most, as in the client.
const LOOKS: usize = 3;

impl Create {
    fn step(&mut self, owner: usize, world: &mut World, ago: usize) {
        if self.over || world.now < self.ready {
            return;
        }
        let Some(own) = &self.own else { return self.seek(owner, world, ago) };
        self.looks += 1;
        let last = self.looks >= LOOKS;
        match standing(own.id(), &world.list(ago)) {
            Standing::Alone => self.over = last || !self.doubt,
            Standing::Behind(older) => {
                assert_ne!(older.id(), own.id());
                world.delete(owner, own.id());
                self.over = true;
            }
            Standing::First(_) | Standing::Unseen => (self.over, self.told) = (last, last),
        }
    }

    /// Sends the next POST, or looks what became of the one before.
    fn seek(&mut self, owner: usize, world: &mut World, ago: usize) {
        let seen = if self.doubt { world.list(ago).len() } else { 0 };
        match (seen, self.posts.pop()) {
            (0, Some(post)) => {
                self.own = world.post(owner, post);
                self.ready =
                    self.own.as_ref().map_or(0, |own| world.now + tick(own).as_millis() as u64);
                self.doubt |= self.own.is_none();
            }
            // Adopted, or given up.
            (seen, _) => (self.over, self.told) = (true, seen != 1),
        }
    }
}

/// The POSTs of a create, the last one first.
fn posts() -> impl Strategy<Value = Vec<Post>> {
    prop_oneof![
        3 => Just(vec![Post::Answered]),
        1 => Just(vec![Post::Answered, Post::Lost]),
        1 => Just(vec![Post::Answered, Post::Dropped]),
        1 => Just(vec![Post::Answered, Post::Late]),
        1 => Just(vec![Post::Lost]),
    ]
}

/// Whose turn it is, after how many milliseconds, and by a list of how many moments ago.
fn steps(ago: usize) -> impl Strategy<Value = Vec<(usize, u64, usize)>> {
    let by = prop_oneof![Just(0_u64), Just(1), 2_u64..15, 20_u64..150, 200_u64..1100];
    prop::collection::vec((0_usize..60, by, 0..=ago), 0..60)
}

/// Ids in an order that has nothing to do with time.
fn ids() -> impl Strategy<Value = Vec<u64>> {
    Just((0..20).collect::<Vec<u64>>()).prop_shuffle()
}

/// Lets creates mingle: each step is a create's, some time after the last, by a list of some time ago.
fn mingle(
    clock: u64,
    creates: &[Vec<Post>],
    ids: &[u64],
    steps: &[(usize, u64, usize)],
) -> (World, Vec<Create>) {
    let ids = ids.iter().map(|id| format!("{id:08}")).collect();
    let mut world = World { clock, now: 500, ids, ..World::default() };
    let create = |posts: &Vec<Post>| Create {
        posts: posts.clone(),
        own: None,
        ready: 0,
        looks: 0,
        doubt: false,
        over: false,
        told: false,
    };
    let mut creates: Vec<Create> = creates.iter().map(create).collect();
    let count = creates.len();
    // In the end each comes to its own end, by lists that show what is.
    let rest = (0..count * 8).map(|at| (at, 300, 0));
    for (at, by, ago) in steps.iter().copied().chain(rest) {
        world.pass(by);
        creates[at % count].step(at % count, &mut world, ago);
        assert!(world.live.is_empty() != world.any, "all are gone");
    }
    assert!(creates.iter().all(|one| one.over));
    (world, creates)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2000, failure_persistence: None, ..ProptestConfig::default()
    })]

    /// Whatever is lost, late, or shown late: never are all gone, and never another's is deleted, which
    /// the world itself asserts. Several stay only where their creates cannot know their own, and
    /// then it is told.
    #[test]
    fn the_last_of_a_name_is_never_deleted(
        clock in prop::sample::select(&CLOCKS[..]), creates in prop::collection::vec(posts(), 1..6),
        ids in ids(), steps in steps(5),
    ) {
        mingle(clock, &creates, &ids, &steps);
    }

    /// Where each knows its own, and lists show what is there, one is left.
    #[test]
    fn of_creates_that_know_their_own_one_is_left(
        clock in prop::sample::select(&CLOCKS[..4]), count in 1_usize..8,
        ids in ids(), steps in steps(0),
    ) {
        let (world, creates) = mingle(clock, &vec![vec![Post::Answered]; count], &ids, &steps);
        prop_assert_eq!(world.live.len(), 1);
        // That none deleted is the eldest one: its create deletes nothing.
        let own = creates[world.live[0].0].own.as_ref().unwrap().id();
        prop_assert_eq!(&world.live[0].1["id"], own);
    }

    /// Without a time, or without knowing one's own, several may stay. Somebody says so.
    #[test]
    fn several_that_stay_are_told(
        clock in prop::sample::select(&CLOCKS[..]), creates in prop::collection::vec(posts(), 1..6),
        ids in ids(), steps in steps(0),
    ) {
        let late = creates.iter().flatten().any(|post| *post == Post::Late);
        let (world, creates) = mingle(clock, &creates, &ids, &steps);
        prop_assert!(world.live.len() == 1 || late || creates.iter().any(|one| one.told));
    }
}
